import fc from "fast-check";
import { MemoryStore, StorageManager, type StorageManagerOptions } from "../../src/index.js";
import { escapeKey } from "../../src/reference/escape.js";
import { failureOf, rejectionOf } from "../plan/failure.js";
import { lookalike, widePayload } from "../plan/payload-arbitrary.js";

const NATIVE = {
  $storageRef: "outputs/other/00.json",
  $storageContentType: "application/json",
  $storageSize: 12,
  $storageDigest: `sha256-${"A".repeat(43)}`,
};
const BUBUSTACK = { $bubuStorageRef: "outputs/other/output.json", $bubuStorageContentType: "application/json" };
const SECRET = { $bubuSecretRef: "name:key" };

const resolver = { key: "$bubuSecretRef", resolve: () => Promise.resolve("the secret") };

const managerWith = (options: Omit<StorageManagerOptions, "store">) =>
  new StorageManager({ store: new MemoryStore(), ...options });

describe('references: "escape", the default of the native dialect', () => {
  it.each<[string, object]>([
    ["a native reference", NATIVE],
    ["a bubustack reference", BUBUSTACK],
    ["a reference of a resolver", SECRET],
    ["a malformed reference", { $storageRef: "../../etc/passwd" }],
    ["an escaped reference", { $$storageRef: "x" }],
  ])("makes %s plain data, which comes back as such and is not followed", async (_name, reference) => {
    const manager = managerWith({ resolvers: [resolver] });
    for (const payload of [reference, { a: [reference] }, [reference, { big: "x".repeat(3000), reference }]]) {
      const message: unknown = JSON.parse(JSON.stringify(await manager.dehydrate(payload)));
      expect(await manager.hydrate(message)).toEqual(payload);
    }
    expect(manager.plan([reference]).value).toEqual([
      Object.fromEntries(Object.entries(reference).map(([key, value]) => [escapeKey(key), value as unknown])),
    ]);
  });

  it("lets no data forge a reference, inline or stored, whatever it is", async () => {
    const resolved: unknown[] = [];
    const spy = {
      key: "$bubuSecretRef",
      matches: () => true,
      resolve: (reference: unknown) => (resolved.push(reference), Promise.resolve("forged")),
    };
    await fc.assert(
      fc.asyncProperty(fc.oneof(lookalike, widePayload), fc.constantFrom(0, 50, 2000), async (value, maxInlineSize) => {
        const manager = managerWith({ maxInlineSize, resolvers: [spy], lossy: "json" });
        const before = JSON.stringify([value]);
        const message = JSON.stringify(await manager.dehydrate([value]));
        expect(JSON.stringify(await manager.hydrate(JSON.parse(message)))).toBe(JSON.stringify(JSON.parse(before)));
      }),
      { numRuns: 300 },
    );
    expect(resolved).toEqual([]);
  });
});

describe.each(["native", "bubustack"] as const)('references: "pass" in the dialect %s', (dialect) => {
  const manager = managerWith({ dialect, references: "pass", resolvers: [resolver] });

  it.each<[string, object]>([
    ["a native reference", NATIVE],
    ["a bubustack reference", BUBUSTACK],
    ["a reference of a resolver", SECRET],
  ])("lets %s stay as it is", (_name, reference) => {
    const payload = { list: [reference, 1], text: "x".repeat(2000) };
    expect(manager.plan(reference).value).toBe(reference);
    expect((manager.plan(payload).value as typeof payload).list).toBe(payload.list);
    const size = Buffer.byteLength(JSON.stringify(reference));
    expect(manager.plan(reference)).toMatchObject({ size, inlineSize: size, entries: [] });
  });

  it("lets a reference stay in what leaves whole", async () => {
    const payload = { reference: NATIVE, numbers: Array.from({ length: 1000 }, (_, index) => index) };
    const store = new MemoryStore();
    const writer = new StorageManager({ store, dialect, references: "pass", maxRecursionDepth: 0 });
    await writer.dehydrate(payload, { scope: "run" });
    for await (const { path } of store.list("")) {
      const bytes = await (await store.read(path)).bytes();
      expect(Buffer.from(bytes).toString()).toContain(JSON.stringify(NATIVE));
    }
  });

  it.each<[string, object]>([
    ["a path that leads out", { ...NATIVE, $storageRef: "outputs/../s3cr3t" }],
    ["a size that is none", { ...NATIVE, $storageSize: "s3cr3t" }],
    ["no digest", { $storageRef: "s3cr3t", $storageContentType: "a/b", $storageSize: 1 }],
    ["a bubustack field that is no text", { ...BUBUSTACK, $bubuStoragePath: ["s3cr3t"] }],
  ])("refuses a reference with %s, and says where it is", async (_name, reference) => {
    const error = failureOf(() => manager.plan({ a: [0, { "b.c": reference }] }));
    expect(error.code).toBe("INVALID_REFERENCE");
    expect(error.operation).toBe("dehydrate");
    expect(error.message).toContain('at $.a[1]["b.c"] ');
    expect(error.message).not.toContain("s3cr3t");
    expect((error.cause as Error).message).not.toContain("s3cr3t");
    expect((await rejectionOf(manager.dehydrate(reference))).message).toContain("at $ ");
  });

  it("refuses one with a key too many where its readers would: in native", async () => {
    if (dialect === "bubustack") {
      const payload = { a: { ...NATIVE, more: 1 }, b: { ...BUBUSTACK, more: 1 } };
      expect(await manager.hydrate(JSON.parse(JSON.stringify(await manager.dehydrate(payload))))).toEqual(payload);
      return;
    }
    const error = await rejectionOf(manager.dehydrate({ a: { ...NATIVE, more: 1 } }));
    expect(error).toMatchObject({ code: "INVALID_REFERENCE", message: expect.stringContaining("at $.a ") });
  });
});

describe("The dialect decides what is escaped", () => {
  it("in native, what is no reference is escaped also where references pass", () => {
    const { value } = managerWith({ references: "pass" }).plan({ $storageX: 1, ref: { ...NATIVE, $storageRef: 1 } });
    const { $storageContentType, $storageSize, $storageDigest } = NATIVE;
    expect(value).toEqual({
      $$storageX: 1,
      ref: {
        $$storageRef: 1,
        $$storageContentType: $storageContentType,
        $$storageSize: $storageSize,
        $$storageDigest: $storageDigest,
      },
    });
  });

  it("in bubustack nothing is escaped, and references pass by default", () => {
    const payload = { $storageX: 1, $$bubu: [BUBUSTACK, { ...BUBUSTACK, more: 1 }] };
    expect(managerWith({ dialect: "bubustack" }).plan(payload).value).toBe(payload);
  });
});

describe.each(["native", "bubustack"] as const)('references: "reject" in the dialect %s', (dialect) => {
  const manager = managerWith({ dialect, references: "reject", resolvers: [resolver] });

  it.each<[string, object]>([
    ["a native reference", NATIVE],
    ["a bubustack reference", BUBUSTACK],
    ["a reference of a resolver", SECRET],
    ["a malformed reference", { $storageRef: "../../etc/passwd" }],
    ["a reference with keys that JSON leaves out", { ...BUBUSTACK, more: undefined, method: () => 1 }],
  ])("refuses %s, and says where it is", async (_name, reference) => {
    const error = failureOf(() => manager.plan({ list: [1, { reference }] }));
    expect([error.code, error.operation]).toEqual(["INVALID_REFERENCE", "dehydrate"]);
    expect(error.message).toContain("at $.list[1].reference,");
    expect(error.message).not.toContain("etc");
    expect((await rejectionOf(manager.dehydrate(reference))).message).toContain("at $,");
  });

  it.each<[string, object]>([
    ["a number under the reference's key", { $storageRef: 1 }],
    ["a key of a resolver with one more", { ...SECRET, more: 1 }],
    ["a reserved key of nobody's", { $storageX: 1, $bubuX: 2 }],
  ])("takes for data: %s", async (_name, payload) => {
    expect(await manager.hydrate(JSON.parse(JSON.stringify(await manager.dehydrate(payload))))).toEqual(payload);
  });
});

describe("A reference is recognised as JSON will have it", () => {
  const url = new URL("outputs:x");

  // Only bubustack is concerned: in native, every such key is escaped.
  it.failing.each<[string, object]>([
    ["a wrapped text", { $bubuStorageRef: new String("outputs/x") }],
    ["an object that says it is a text", { $bubuStorageRef: url }],
  ])("also when its path is %s", (_name, reference) => {
    const manager = managerWith({ dialect: "bubustack", references: "reject" });
    expect(failureOf(() => manager.plan([reference])).code).toBe("INVALID_REFERENCE");
  });
});
