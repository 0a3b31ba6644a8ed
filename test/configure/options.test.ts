import { inspect } from "node:util";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { SchemaRegistry } from "../../src/schemas/schema-registry.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { isStorageError } from "../../src/errors/error.js";
import type { DehydrateOptions, HydrateOptions, StorageManagerOptions } from "../../src/index.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { putJson } from "../support/stored.js";

type Wrong = readonly [field: string, ...values: unknown[]];

const NO_COUNT = [-1, 1.5, NaN, Infinity, "1024", null, 2 ** 53, 10n];
const NO_PATH = ["", "/a", "a/", "a//b", "a/../b", ".", "a\\b", "a\nb", "\ud800", "a".repeat(1025), 7, null];
const NO_ALLOW = ["outputs", [""], ["/"], ["/etc"], ["../x"], ["a//b"], ["s3://"], ["s3:///a"], [7], [null], null];

const WRONG_MANAGER_OPTIONS: readonly Wrong[] = [
  ["store", null, {}, "file", new Map(), { write: () => undefined }],
  ["maxInlineSize", ...NO_COUNT],
  ["maxEnvelopeSize", ...NO_COUNT, 1023, 0],
  ["maxRecursionDepth", ...NO_COUNT],
  ["maxReferences", ...NO_COUNT],
  ["maxBytes", ...NO_COUNT],
  ["outputPrefix", ...NO_PATH],
  ["inputPrefix", ...NO_PATH],
  ["concurrency", ...NO_COUNT, 0],
  ["timeout", ...NO_COUNT, 0, 2 ** 31],
  ["pack", true, null, 5, "no"],
  ["canonical", 1, "yes", null],
  ["references", "keep", "", null, true],
  ["dialect", "go", "", null],
  ["allow", ...NO_ALLOW],
  ["signing", {}, null, "key", true],
  ["schemas", {}, null, new Map(), []],
  ["resolvers", {}, null, false, [null], [{ key: "$bubuA" }], [{ key: "a", resolve: () => 1 }]],
  ["observer", {}, null, "log"],
  ["logger", {}, null, { debug: () => undefined }, () => undefined],
];

const WRONG_DEHYDRATE_OPTIONS: readonly Wrong[] = [
  ["scope", ...NO_PATH],
  ["prefix", ...NO_PATH],
  ["schema", "", 7, null, {}],
  ["schemaVersion", "", 7, null],
  ["stepRunId", "", 7, null],
  ["audience", "", 7, null, "a"],
  ["signal", {}, null, "stop", new AbortController(), new EventTarget()],
  ["maxInlineSize", ...NO_COUNT],
  ["maxEnvelopeSize", ...NO_COUNT, 1023],
  ["maxRecursionDepth", ...NO_COUNT],
  ["references", "keep", null],
  ["timeout", ...NO_COUNT, 0, 2 ** 31],
];

const WRONG_HYDRATE_OPTIONS: readonly Wrong[] = [
  ["schema", {}, null, "order", () => true, { "~standard": { version: 2, validate: () => ({ value: 1 }) } }],
  ["allow", ...NO_ALLOW],
  ["resolvers", {}, null, "manager", [null], [{ key: "$bubuA" }]],
  ["stepRunId", "", 7, null],
  ["audience", "", 7, null, "a"],
  ["signal", {}, null, "stop"],
  ["onProgress", {}, null, "log"],
  ["maxReferences", ...NO_COUNT],
  ["maxBytes", ...NO_COUNT],
  ["maxRecursionDepth", ...NO_COUNT],
  ["timeout", ...NO_COUNT, 0],
];

const each = (options: readonly Wrong[]) =>
  options.flatMap(([field, ...values]) =>
    values.map((value) => ({ field, value, shown: inspect(value, { depth: 1, breakLength: Infinity }).slice(0, 60) })),
  );

function configurationError(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (isStorageError(error, "CONFIG_INVALID")) return error.message;
    throw error;
  }
  throw new Error("The options were taken.");
}

const withOptions = (options: object) => configurationError(() => new StorageManager(options));

describe("options of a manager", () => {
  it.each(each(WRONG_MANAGER_OPTIONS))("refuse $field: $shown", ({ field, value }) => {
    expect(withOptions({ [field]: value })).toContain(field);
  });

  it("are all named when all are wrong, in one error", () => {
    const wrong = Object.fromEntries(WRONG_MANAGER_OPTIONS.map(([field, value]) => [field, value]));
    const message = withOptions({ ...wrong, resolvers: [{ key: "a" }], references: "keep" });
    for (const [field] of WRONG_MANAGER_OPTIONS) expect(message).toMatch(new RegExp(`[ .]${field}[.:]`));
  });

  it("name a wrong option beside references that the dialect can't have", () => {
    const message = withOptions({ dialect: "bubustack", references: "escape", maxInlineSize: -1 });
    expect(message).toContain("references");
    expect(message).toContain("maxInlineSize");
  });

  it("name keys that are none", () => {
    const message = withOptions({ maxInlineSzie: 10, codec: [], sign: {} });
    for (const key of ["maxInlineSzie", "codec", "sign"]) expect(message).toContain(`"${key}"`);
  });

  it("repeat no value", () => {
    const message = withOptions({ outputPrefix: "/secret-value", allow: ["/secret-value"], dialect: "secret-value" });
    expect(message).not.toContain("secret-value");
  });

  it.each([undefined, null, 7, "store", []])("must be an object, not %j", (options) => {
    expect(configurationError(() => new StorageManager(options as unknown as StorageManagerOptions))).toContain(
      "StorageManager",
    );
  });

  it("have defaults, also where they are undefined", async () => {
    const options = Object.fromEntries(WRONG_MANAGER_OPTIONS.map(([field]) => [field, undefined]));
    const store = new MemoryStore();
    for (const manager of [
      new StorageManager({ store, pack: false }),
      new StorageManager({ ...options, store, pack: false }),
    ]) {
      // maxInlineSize 1024: a text of 1022 characters has 1024 bytes of JSON.
      expect(manager.plan(longText("", 1022)).entries).toEqual([]);
      expect(manager.plan(longText("", 1023)).entries).toHaveLength(1);
      // maxEnvelopeSize 262144: many values that are small enough each.
      expect(manager.plan(manyValues(262_144)).entries).toMatchObject([{ path: ["bytes"] }]);
      expect(manager.plan(manyValues(262_145)).entries).toMatchObject([{ path: ["bytes"] }, { path: [] }]);
      // maxRecursionDepth 10: what is below is one unit.
      const deep = nested(11, longText("deep"));
      expect(manager.plan(deep).entries).toMatchObject([{ path: Array.from({ length: 10 }, () => "in") }]);
      const reference = (await manager.dehydrate(longText("a"))) as { $storageRef: string };
      expect(reference.$storageRef).toMatch(/^outputs\//);
      const input = (await manager.dehydrateInputs(longText("a"))) as { $storageRef: string };
      expect(input.$storageRef).toMatch(/^inputs\//);
    }
  });

  it("take the smallest values that make sense", () => {
    const smallest = { maxInlineSize: 0, maxRecursionDepth: 0, maxReferences: 0, maxBytes: 0, concurrency: 1 };
    const options = { ...smallest, maxEnvelopeSize: 1024, timeout: 1, allow: [], resolvers: [], pack: false as const };
    expect(() => new StorageManager({ ...options, schemas: new SchemaRegistry() })).not.toThrow();
  });

  it("can be none at all: storage is disabled", () => {
    expect(new StorageManager({}).store).toBeUndefined();
    const store = new MemoryStore();
    expect(new StorageManager({ store }).store).toBe(store);
  });
});

/** An object that travels as so many bytes, since none of its values is over 1 KiB and something in it has left. */
function manyValues(size: number): Record<string, unknown> {
  const value: Record<string, unknown> = { bytes: new Uint8Array(0) };
  const manager = new StorageManager({ store: new MemoryStore(), maxEnvelopeSize: 2 ** 40, pack: false });
  let index = 0;
  let missing = size - manager.plan(value).inlineSize;
  for (; missing > 2100; index++) {
    value[`k${String(index).padStart(4, "0")}`] = longText("", 1000);
    missing -= 1011; // comma, key of five, quotes, colon
  }
  for (const part of [Math.floor(missing / 2), Math.ceil(missing / 2)]) {
    value[`k${String(index++).padStart(4, "0")}`] = longText("", part - 11);
  }
  expect(manager.plan(value).inlineSize).toBe(size);
  return value;
}

function nested(levels: number, innermost: unknown): unknown {
  return levels === 0 ? innermost : { in: nested(levels - 1, innermost) };
}

describe("options of a dehydration", () => {
  const store = new RecordingStore();
  const manager = new StorageManager({ store });
  const payload = longText("a");
  const failure = async (options: object) => {
    const error = await failureOf(manager.dehydrate(payload, options));
    expect(store.calls).toEqual([]);
    return error;
  };

  it.each([[], Object.create({ scope: "../up" }), 7, "scope", null])(
    "are checked also after others that have the same keys: %j",
    async (options) => {
      await manager.dehydrate("small", {});
      expect((await failure(options as object)).code).toBe("CONFIG_INVALID");
    },
  );

  it("are checked again when they were changed in place", async () => {
    const options = { scope: "run-1" };
    await manager.dehydrate("small", options);
    options.scope = "../up";
    expect((await failure(options)).code).toBe("CONFIG_INVALID");
  });

  it.each(each(WRONG_DEHYDRATE_OPTIONS))("refuse $field: $shown, without I/O", async ({ field, value }) => {
    const error = await failure({ [field]: value });
    expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(`${field}:`) });
    expect(() => manager.plan(payload, { [field]: value })).toThrow(`${field}:`);
    const inputs = await failureOf(manager.dehydrateInputs(payload, { [field]: value }));
    expect(inputs.code).toBe("CONFIG_INVALID");
  });

  it("are all named when all are wrong, and so are keys that are none", async () => {
    const wrong = Object.fromEntries(WRONG_DEHYDRATE_OPTIONS.map(([field, value]) => [field, value]));
    const { message } = await failure({ ...wrong, scoop: "a", concurrency: 4 });
    for (const [field] of WRONG_DEHYDRATE_OPTIONS) expect(message).toContain(`${field}:`);
    expect(message).toContain('"scoop"');
    expect(message).toContain('"concurrency"');
  });

  it("must be an object", async () => {
    const error = await failureOf(manager.dehydrate(payload, null as unknown as DehydrateOptions));
    expect(error.code).toBe("CONFIG_INVALID");
  });

  it.each([
    { prefix: "p".repeat(1000), scope: "s" },
    { prefix: "p/".repeat(400) + "p", scope: "s/".repeat(100) + "s" },
  ])("refuse a prefix and scope that are too long together", async (options) => {
    const allowing = new StorageManager({ store: new MemoryStore(), allow: [options.prefix] });
    expect(await failureOf(allowing.dehydrate(payload, options))).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("scope"),
    });
    expect(() => allowing.plan(payload, options)).toThrow("prefix and scope");
  });
});

describe("options of one dehydration in place of the manager's", () => {
  it("hold for that call only", async () => {
    const manager = new StorageManager({ store: new MemoryStore(), references: "pass", allow: ["else"] });
    const reference = { $storageRef: "outputs/s/a.json" };
    expect(manager.plan("four", { maxInlineSize: 5 }).entries).toHaveLength(1);
    expect(manager.plan("four").entries).toHaveLength(0);
    expect(manager.plan({ a: longText("a") }, { maxRecursionDepth: 0 }).entries).toMatchObject([{ path: [] }]);
    expect(manager.plan({ a: longText("a") }).entries).toMatchObject([{ path: ["a"] }]);
    const envelope = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`k${i}`, longText("", 1000)]));
    const payload = { ...envelope, bytes: new Uint8Array(0) };
    expect(manager.plan(payload, { maxEnvelopeSize: 1024 }).entries).toMatchObject([{ path: ["bytes"] }, { path: [] }]);
    expect(manager.plan(payload).entries).toMatchObject([{ path: ["bytes"] }]);
    await expect(manager.dehydrate(reference, { references: "escape" })).resolves.toEqual({
      $$storageRef: "outputs/s/a.json",
    });
    await expect(failureOf(manager.dehydrate(reference, { references: "reject" }))).resolves.toMatchObject({
      code: "INVALID_REFERENCE",
    });
    const prefixed = (await manager.dehydrate(longText("a"), { prefix: "else/where", scope: "s" })) as {
      $storageRef: string;
    };
    expect(prefixed.$storageRef).toMatch(/^else\/where\/s\/[0-9a-f]{64}\.json$/);
  });

  it("are those of the manager where they are undefined", () => {
    const manager = new StorageManager({ store: new MemoryStore(), maxInlineSize: 5000, maxRecursionDepth: 3 });
    const options = Object.fromEntries(WRONG_DEHYDRATE_OPTIONS.map(([field]) => [field, undefined]));
    expect(manager.plan(longText("a"), options).entries).toEqual([]);
  });
});

describe("options of a hydration", () => {
  const store = new RecordingStore();
  const manager = new StorageManager({ store });
  const value = { $storageRef: "outputs/s/a.json" };
  const failure = async (options: object) => {
    const error = await failureOf(manager.hydrate(value, options));
    expect(store.calls).toEqual([]);
    return error;
  };

  it.each(each(WRONG_HYDRATE_OPTIONS))("refuse $field: $shown, without I/O", async ({ field, value: wrong }) => {
    expect(await failure({ [field]: wrong })).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(field),
    });
  });

  it("are all named when all are wrong, and so are keys that are none", async () => {
    const wrong = Object.fromEntries(WRONG_HYDRATE_OPTIONS.map(([field, first]) => [field, first]));
    const { message } = await failure({ ...wrong, scope: "a", maxInlineSize: 4 });
    for (const [field] of WRONG_HYDRATE_OPTIONS) expect(message).toContain(`${field}:`);
    expect(message).toContain('"scope"');
    expect(message).toContain('"maxInlineSize"');
  });

  it("must be an object", async () => {
    expect((await failureOf(manager.hydrate(value, null as unknown as HydrateOptions))).code).toBe("CONFIG_INVALID");
  });
});

describe("options of one hydration in place of the manager's", () => {
  it("are those of the manager where they are undefined", async () => {
    const store = new MemoryStore();
    const options = Object.fromEntries(WRONG_HYDRATE_OPTIONS.map(([field]) => [field, undefined]));
    const reference = await putJson(store, "data", "elsewhere/a.json");
    const manager = new StorageManager({ store, allow: ["elsewhere"], maxReferences: 1 });
    await expect(manager.hydrate(reference, options)).resolves.toBe("data");
    expect((await failureOf(manager.hydrate([reference, reference], options))).code).toBe("BUDGET_EXCEEDED");
  });
});

describe("options of other calls", () => {
  const store = new RecordingStore();
  const manager = new StorageManager({ store });
  const signal = "stop" as unknown as AbortSignal;
  const reference = { $storageRef: "outputs/s/a.json" } as never;
  const calls: [string, () => Promise<unknown>][] = [
    ["open", () => manager.open(reference, { signal })],
    ["writeBlob", () => manager.writeBlob("a", "text", { signal })],
    ["readBlob", () => manager.readBlob("a", { signal })],
    ["list", () => manager.list("a", { signal })[Symbol.asyncIterator]().next()],
    ["delete", () => manager.delete("a", { signal })],
    ["release", () => manager.release("a", { signal })],
    ["open, none at all", () => manager.open(reference, null as never)],
    [
      "list, none at all",
      () =>
        manager
          .list("a", null as never)
          [Symbol.asyncIterator]()
          .next(),
    ],
  ];

  it.each(calls)("are CONFIG_INVALID where the signal of %s is none", async (_, call) => {
    expect((await failureOf(call())).code).toBe("CONFIG_INVALID");
    expect(store.calls).toEqual([]);
  });
});

describe("prefixes", () => {
  it.each([
    ["runs", "runs/inputs"],
    ["runs/outputs", "runs"],
    ["S3://bucket/runs", "s3://bucket/%72uns/inputs"],
    ["inputs/x", undefined],
  ])("of which one lies inside of the other are refused: %s, %s", (outputPrefix, inputPrefix) => {
    const made = (): StorageManager => new StorageManager({ store: new MemoryStore(), outputPrefix, inputPrefix });
    expect(made).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }) as Error);
    expect(made).toThrow("inputPrefix: must not be inside of the other");
  });

  it("may be the same, or begin alike", () => {
    const store = new MemoryStore();
    expect(new StorageManager({ store, outputPrefix: "data", inputPrefix: "data" })).toBeDefined();
    expect(new StorageManager({ store, outputPrefix: "data", inputPrefix: "database" })).toBeDefined();
  });

  it("of the environment are refused in the same way, by the names of the variables", async () => {
    const env = { A_STORAGE_OUTPUT_PREFIX: "runs", A_STORAGE_INPUT_PREFIX: "runs/inputs" };
    const error = await failureOf(StorageManager.fromEnv(env, { envPrefix: "A_" }));
    expect(error.code).toBe("CONFIG_INVALID");
    expect(error.message).toContain("A_STORAGE_INPUT_PREFIX must not be inside of STORAGE_OUTPUT_PREFIX");
  });

  it("of a call that its manager may not read are refused, and release finds what went under the others", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, allow: ["archive"] });
    const options = { scope: "s", prefix: "elsewhere" };
    for (const call of [
      () => manager.dehydrate(longText("a"), options),
      () => manager.dehydrateInputs(longText("a"), options),
      () => manager.release("s", { prefix: "elsewhere" }),
      () => manager.release("s", { prefix: "arch" }),
      () => manager.forTenant("t").release("s", { prefix: "archive" }),
      () => manager.forTenant("t").release("s", { prefix: "outputs" }),
    ]) {
      const error = await failureOf(call());
      expect(error.code).toBe("CONFIG_INVALID");
      expect(error.message).toContain("prefix:");
    }
    const own = await manager.dehydrate(longText("own"), { scope: "s" });
    const archived = await manager.dehydrate(longText("a"), { scope: "s", prefix: "archive/2026" });
    await expect(manager.hydrate(archived)).resolves.toBe(longText("a"));
    await expect(manager.release("s", { prefix: "archive/2026" })).resolves.toEqual({ deleted: 1 });
    expect((await failureOf(manager.hydrate(archived))).code).toBe("NOT_FOUND");
    await expect(manager.hydrate(own)).resolves.toBe(longText("own"));
    const tenant = manager.forTenant("t");
    await tenant.dehydrate(longText("b"), { scope: "s", prefix: "outputs/t/deep" });
    await expect(tenant.release("s", { prefix: "outputs/t/deep" })).resolves.toEqual({ deleted: 1 });
  });
});
