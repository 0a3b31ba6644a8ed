import fc from "fast-check";
import { isStorageError } from "../../src/errors/error.js";
import type { ListOptions, ReadOptions, Store } from "../../src/store/store.js";

// Odd ones, so that a driver's encoding shows. A run takes few of them, so that its operations meet.
const PATHS = [
  "a",
  "a/b",
  "a/b/c",
  "a.b",
  "ab",
  "A",
  "%61",
  "é",
  "e\u0301/x",
  "😀",
  "\uff5e",
  " ",
  "a/.b",
  "x".repeat(300),
];
const PREFIXES = ["", "", "", "a", "a/", "a/b", "a.", "%", "e", "x", "none"];

type Condition = "none" | "absent" | "current" | "stale";

type Operation =
  | { verb: "write"; name: string; body: Uint8Array; chunkSize: number | undefined; condition: Condition }
  | { verb: "read"; name: string; range: ReadOptions }
  | { verb: "stat"; name: string }
  | { verb: "delete"; name: string; condition: Condition }
  | { verb: "copy"; name: string; to: string }
  | { verb: "list"; name: string; options: { startAfter: string | undefined; limit: number | undefined } };

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const condition = fc.constantFrom<Condition>("none", "none", "none", "absent", "current", "stale");

function operationOn(name: fc.Arbitrary<string>): fc.Arbitrary<Operation> {
  const write: fc.Arbitrary<Operation> = fc.record({
    verb: fc.constant("write" as const),
    name,
    body: fc.uint8Array({ maxLength: 40, size: "max" }),
    chunkSize: optional(fc.integer({ min: 1, max: 9 })),
    condition,
  });
  const range = fc.record({ offset: optional(fc.nat(50)), length: optional(fc.nat(50)) });
  const options = fc.record({ startAfter: optional(name), limit: optional(fc.nat(4)) });
  return fc.oneof(
    { weight: 3, arbitrary: write },
    { weight: 2, arbitrary: fc.record({ verb: fc.constant("read" as const), name, range }) },
    { weight: 1, arbitrary: fc.record({ verb: fc.constant("stat" as const), name }) },
    { weight: 1, arbitrary: fc.record({ verb: fc.constant("delete" as const), name, condition }) },
    { weight: 1, arbitrary: fc.record({ verb: fc.constant("copy" as const), name, to: name }) },
    {
      weight: 2,
      arbitrary: fc.record({ verb: fc.constant("list" as const), name: fc.constantFrom(...PREFIXES), options }),
    },
  );
}

const operations = fc
  .shuffledSubarray(PATHS, { minLength: 2, maxLength: 5 })
  .chain((paths) => fc.array(operationOn(fc.constantFrom(...paths)), { maxLength: 30, size: "max" }));

/** How a store is compared with its model. */
export interface StoreModelOptions {
  /** Takes the store of one run away. Default: closes it. */
  destroy?: (store: Store) => unknown;
  /** Sequences of operations to try. Default 200. */
  numRuns?: number;
  /** The seed that a failure printed, to see it again. Default: another one each time. */
  seed?: number;
}

/**
 * Asserts that a store does what a `Map` would do, whatever the sequence of operations. Each run has an empty store of
 * its own. fast-check prints the seed and the shortest sequence that fails.
 */
export async function expectStoreMatchesModel(
  create: () => Store | Promise<Store>,
  { destroy = (store) => store.close(), numRuns = 200, seed }: StoreModelOptions = {},
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(operations, async (steps) => {
      const store = await create();
      try {
        const model = new Map<string, Uint8Array>();
        for (const step of steps)
          expect(await outcome(() => onStore(store, step))).toEqual(onModel(model, step, store));
      } finally {
        await destroy(store);
      }
    }),
    { numRuns, ...(seed !== undefined && { seed }) },
  );
}

/** What an operation brings: a value, or the code of its error. */
type Outcome = { value: unknown } | { code: string };

async function outcome(call: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await call() };
  } catch (error) {
    if (isStorageError(error)) return { code: error.code };
    throw error;
  }
}

async function onStore(store: Store, step: Operation): Promise<unknown> {
  switch (step.verb) {
    case "write": {
      const info = await store.write(step.name, bodyOf(step), await conditionOf(store, step));
      return { path: info.path, size: info.size };
    }
    case "read":
      return hex(await (await store.read(step.name, step.range)).bytes());
    case "stat": {
      const info = await store.stat(step.name);
      return info && { path: info.path, size: info.size };
    }
    case "delete":
      return store.delete(step.name, { ifMatch: (await conditionOf(store, step)).ifMatch });
    case "copy": {
      const info = await store.copy(step.name, step.to);
      return { path: info.path, size: info.size };
    }
    case "list":
      return listed(store, step.name, step.options);
  }
}

function onModel(model: Map<string, Uint8Array>, step: Operation, { capability }: Store): Outcome {
  const object = model.get(step.name);
  switch (step.verb) {
    case "write": {
      if (step.condition === "absent" && !capability.ifNoneMatch) return { code: "UNSUPPORTED" };
      if (step.condition === "absent" && object !== undefined) return { code: "ALREADY_EXISTS" };
      const failure = matchFailure(step.condition, object, capability.ifMatch);
      if (failure !== undefined) return failure;
      model.set(step.name, step.body);
      return { value: { path: step.name, size: step.body.byteLength } };
    }
    case "read": {
      const { offset = 0, length = Infinity } = step.range;
      const ranged = step.range.offset !== undefined || step.range.length !== undefined;
      if (ranged && !capability.rangeRead) return { code: "UNSUPPORTED" };
      return object === undefined ? { code: "NOT_FOUND" } : { value: hex(object.slice(offset, offset + length)) };
    }
    case "stat":
      return { value: object && { path: step.name, size: object.byteLength } };
    case "delete": {
      const failure = matchFailure(step.condition, object, capability.deleteIfMatch);
      if (failure !== undefined) return failure;
      model.delete(step.name);
      return { value: undefined };
    }
    case "copy":
      if (!capability.copy) return { code: "UNSUPPORTED" };
      if (object === undefined) return { code: "NOT_FOUND" };
      model.set(step.to, object);
      return { value: { path: step.to, size: object.byteLength } };
    case "list": {
      const { startAfter, limit } = step.options;
      const after = startAfter === undefined ? undefined : Buffer.from(startAfter);
      const paths = [...model.keys()]
        .filter((path) => path.startsWith(step.name))
        .filter((path) => after === undefined || Buffer.compare(Buffer.from(path), after) > 0)
        .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      return { value: paths.slice(0, limit).map((path) => ({ path, size: model.get(path)!.byteLength })) };
    }
  }
}

function matchFailure(given: Condition, object: Uint8Array | undefined, supported: boolean): Outcome | undefined {
  if (given !== "current" && given !== "stale") return undefined;
  if (!supported) return { code: "UNSUPPORTED" };
  return given === "stale" || object === undefined ? { code: "PRECONDITION_FAILED" } : undefined;
}

async function conditionOf(
  store: Store,
  step: { name: string; condition: Condition },
): Promise<{ ifNoneMatch?: "*"; ifMatch?: string | undefined }> {
  if (step.condition === "absent") return { ifNoneMatch: "*" };
  if (step.condition === "none") return {};
  const stale = '"0123456789abcdef0123456789abcdef"';
  const current = step.condition === "current" ? (await store.stat(step.name))?.etag : undefined;
  return { ifMatch: current ?? stale };
}

function bodyOf({ body, chunkSize }: Extract<Operation, { verb: "write" }>): Uint8Array | AsyncIterable<Uint8Array> {
  if (chunkSize === undefined) return body;
  return (async function* () {
    for (let offset = 0; offset < body.byteLength; offset += chunkSize) {
      yield await Promise.resolve(body.subarray(offset, offset + chunkSize));
    }
  })();
}

async function listed(store: Store, prefix: string, options: ListOptions): Promise<{ path: string; size: number }[]> {
  const infos: { path: string; size: number }[] = [];
  for await (const { path, size } of store.list(prefix, options)) infos.push({ path, size });
  return infos;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
