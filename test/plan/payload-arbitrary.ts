import fc from "fast-check";

const RESERVED_KEYS = [
  "$storageRef",
  "$storageContentType",
  "$storageSize",
  "$storagePath",
  "$storageX",
  "$storage",
  "$$storageRef",
  "$$$storage",
  "$bubu",
  "$bubuStorageRef",
  "$bubuSecretRef",
  "$$bubuStorageRef",
  "$storag",
  "$bub",
  "$Storage",
  "x$storageRef",
  "$",
  "$$",
];

const ODD_KEYS = [
  "",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "length",
  "toJSON",
  "a.b",
  "a/b",
  "a\\b",
  "[0]",
  '"',
  "'",
  "0",
  "1",
  "10",
  "2",
  "01",
  "-1",
  "1.5",
  "4294967295",
  "\ud800",
  "\udc00",
  "\0",
  "\u2028",
  "é",
  "😀",
];

const unit16 = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));

/** Texts: short ones of any code units, and longer ones that have more bytes, or more characters, than the others. */
const text = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 10 }) },
  { weight: 2, arbitrary: fc.string({ unit: unit16, maxLength: 10 }) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom("x", "é", "€", "😀", '"', "\\", "\n", "\u0001", "\ud800", "\udc00", "\u007f"),
        fc.nat({ max: 60 }),
      )
      .map(([piece, times]) => piece.repeat(times)),
  },
);

export const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("a", "b", "c", "items", "name") },
  { weight: 2, arbitrary: fc.string({ unit: unit16, maxLength: 4 }) },
  { weight: 2, arbitrary: fc.constantFrom(...ODD_KEYS) },
  { weight: 3, arbitrary: fc.constantFrom(...RESERVED_KEYS) },
);

/** What looks like a reference, and what nearly does. */
export const lookalike = fc.oneof(
  fc.constant({
    $storageRef: "outputs/run/00.json",
    $storageContentType: "application/json",
    $storageSize: 12,
    $storageDigest: `sha256-${"A".repeat(43)}`,
  }),
  fc.constant({ $bubuStorageRef: "outputs/run/output.json", $bubuStorageContentType: "application/json" }),
  fc.constant({ $bubuSecretRef: "name:key" }),
  fc.string().map((path) => ({ $storageRef: path })),
  fc.integer().map((path) => ({ $storageRef: path })),
  fc.string().map((path) => ({ $$storageRef: path })),
  fc.string().map((path) => ({ $$$bubuStorageRef: path, $storagePath: path })),
);

const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, 9, 10, 99, 100, 999, 1e3, 9999, 1e4, 99_999, 1e5, 999_999, 1e6, 1e7, 1e8, 1e9, 2 ** 31, 1e21, -1),
);

const jsonNumber = number.filter(Number.isFinite).map((value) => value + 0); // -0 becomes 0

/** An object with these keys of its own, `__proto__` too. */
function objectOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> {
  return fc.array(fc.tuple(key, value), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs));
}

/** Values that `JSON.parse` gives. */
export const jsonValue: fc.Arbitrary<unknown> = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6, depthSize: "medium" },
    { weight: 3, arbitrary: fc.oneof(text, jsonNumber, fc.boolean(), fc.constant(null)) },
    { weight: 3, arbitrary: objectOf(tie("node")) },
    { weight: 2, arbitrary: fc.array(tie("node"), { maxLength: 5 }) },
    { weight: 1, arbitrary: lookalike },
  ),
})).node;

/** JSON values with bytes in some places. */
const valueWithBytes: fc.Arbitrary<unknown> = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6, depthSize: "medium" },
    { weight: 2, arbitrary: fc.oneof(text, jsonNumber, fc.boolean(), fc.constant(null)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }) },
    { weight: 3, arbitrary: objectOf(tie("node")) },
    { weight: 2, arbitrary: fc.array(tie("node"), { maxLength: 5 }) },
  ),
})).node;

class Point {
  static readonly origin = new Point(0, 0);
  #secret = 1;
  constructor(
    readonly x: unknown,
    readonly y: unknown,
  ) {}
  get sum(): number {
    return this.#secret;
  }
  method(): void {
    this.#secret++;
  }
}

class List extends Array<unknown> {}

class Doubled extends Array<unknown> {
  toJSON(): unknown[] {
    return this.concat(this); // itself with a toJSON, which JSON.stringify does not call
  }
}

const exoticLeaf = fc.constantFrom<unknown>(
  undefined,
  () => 1,
  Object.assign(() => 1, { toJSON: () => "a function that says what it is" }),
  Symbol("s"),
  -0,
  NaN,
  Infinity,
  -Infinity,
  new Date(0),
  new Date(NaN),
  new Number(7),
  new Number(NaN),
  new String("boxed"),
  new String("x".repeat(50)),
  new Boolean(false),
  Object(Symbol("boxed")),
  new Map([["a", 1]]),
  new Set(["x".repeat(90)]),
  /x/g,
  new Error("x"),
  new (class {
    readonly a = 1;
    toJSON(): unknown {
      return this;
    }
  })(),
  { toJSON: () => undefined },
  { toJSON: () => ({ toJSON: () => "not called" }) },
  { toJSON: (place: string) => `at ${place}` },
  { toJSON: "no function", a: 1 },
  { a: undefined, b: () => 1, [Symbol("c")]: 1 },
  new Date("2024-01-02T03:04:05Z"),
);

function withoutSome(items: readonly unknown[], extra: number): unknown[] {
  const sparse: unknown[] = [];
  items.forEach((item, index) => {
    sparse[index * 2] = item;
  });
  sparse.length += extra;
  return sparse;
}

function disguise(value: unknown): fc.Arbitrary<unknown> {
  return fc
    .constantFrom<(value: unknown) => unknown>(
      (inner) => ({ toJSON: () => inner, hidden: 1 }),
      (inner) => new Point(inner, [inner]),
      (inner) => Object.assign(Object.create(null) as object, { inner }),
      (inner) => Object.assign(Object.create({ inherited: 1 }) as object, { inner }),
      (inner) => Object.defineProperty({ inner }, "invisible", { value: 1, enumerable: false }),
      (inner) => ({
        get computed() {
          return inner;
        },
      }),
      (inner) => List.of(inner, inner),
      (inner) => Doubled.of(inner),
      (inner) => Object.assign([inner], { extra: 1 }),
      (inner) => new Proxy({ inner }, {}),
      (inner) => new Proxy([inner], {}),
      (inner) => withoutSome([inner, inner], 2),
    )
    .map((wrap) => wrap(value));
}

/** Values of all kinds that `JSON.stringify` takes: what it leaves out, rewrites, asks for their form, or reads only in part. */
const payload: fc.Arbitrary<unknown> = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 6, depthSize: "medium" },
    { weight: 4, arbitrary: fc.oneof(text, number, fc.boolean(), fc.constant(null)) },
    { weight: 2, arbitrary: exoticLeaf },
    { weight: 5, arbitrary: objectOf(tie("node")) },
    { weight: 3, arbitrary: fc.array(tie("node"), { maxLength: 5 }) },
    { weight: 2, arbitrary: tie("node").chain(disguise) },
    { weight: 1, arbitrary: lookalike },
  ),
})).node;

/** Payloads with many parts, so that references alone may be over a budget. */
export const widePayload = fc.oneof(payload, fc.array(payload, { minLength: 4, maxLength: 12 }), objectOf(payload));

/** The same, of JSON values and bytes. */
export const wideValueWithBytes = fc.oneof(
  valueWithBytes,
  fc.array(valueWithBytes, { minLength: 4, maxLength: 12 }),
  objectOf(fc.array(valueWithBytes, { maxLength: 8 })),
);

/** Freezes everything that can be reached. Bytes can't be frozen. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const name of Object.getOwnPropertyNames(value)) {
    const { value: inner } = Object.getOwnPropertyDescriptor(value, name) ?? {};
    deepFreeze<unknown>(inner);
  }
  return value;
}
