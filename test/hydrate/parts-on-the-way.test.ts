import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { gzip } from "../../src/codecs/gzip.js";
import { SchemaRegistry } from "../../src/schemas/schema-registry.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { failureOf } from "../support/failure.js";
import { RecordingStore } from "../support/recording-store.js";
import { putJson } from "../support/stored.js";

const DEAD: StorageReference = {
  $storageRef: "outputs/s/gone.json",
  $storageContentType: "application/json",
  $storageSize: 20_000_000,
  $storageDigest: `sha256-${"A".repeat(43)}`,
};

async function object(store: RecordingStore, data: unknown): Promise<StorageReference> {
  return putJson(store.inner, data);
}

describe("a part of an object", () => {
  it("is read without what lies beside the way to it: dead, too large, denied or unsigned", async () => {
    const store = new RecordingStore();
    const denied = { ...DEAD, $storageRef: "elsewhere/s/a.json" };
    const name = await object(store, { first: "Ada", last: DEAD });
    const report = await object(store, { name, film: DEAD, list: [DEAD, { id: 1, x: denied }, { id: DEAD }] });
    const manager = new StorageManager({ store, maxBytes: 2000, maxReferences: 2 });
    const select = (path: string) => manager.hydrate({ ...report, $storagePath: path });
    await expect(select("name.first")).resolves.toBe("Ada");
    await expect(select("list[1].id")).resolves.toBe(1);
    expect(store.paths("read")).not.toContain(DEAD.$storageRef);
    expect((await failureOf(select("name"))).code).toBe("BUDGET_EXCEEDED");
    expect((await failureOf(new StorageManager({ store }).hydrate({ ...report, $storagePath: "film" }))).code).toBe(
      "NOT_FOUND",
    );
    expect((await failureOf(select("list[1].x"))).code).toBe("REFERENCE_DENIED");
    expect((await failureOf(select("list[1]"))).code).toBe("REFERENCE_DENIED");
  });

  it("goes the way of each item under [*], whatever lies beside", async () => {
    const store = new RecordingStore();
    const item = await object(store, { id: 2, blob: DEAD });
    const list = await object(store, [{ id: 1, blob: DEAD }, item, { blob: DEAD }, { id: { $$storageX: [DEAD] } }]);
    const manager = new StorageManager({ store });
    const part = { ...list, $storagePath: "[*].id" };
    expect((await failureOf(manager.hydrate(part))).code).toBe("NOT_FOUND");
    const whole = await object(store, { list: { ...list, $storagePath: "[*].id" } });
    await expect(manager.hydrate({ ...whole, $storagePath: "list[1]" })).resolves.toBe(2);
    await expect(manager.hydrate({ ...whole, $storagePath: "list[2]" })).resolves.toBeNull();
    await expect(manager.hydrate({ ...whole, $storagePath: 'list[3]["$storageX"][0].x' })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it("has fields by their names, whatever was written for them", async () => {
    const store = new RecordingStore();
    const manager = new StorageManager({ store });
    const data = { $$storageRef: "escaped", $$$bubu: { "": 1 }, $storageX: "foreign", __proto__x: 2 };
    const reference = await object(store, data);
    const select = (path: string) => manager.hydrate({ ...reference, $storagePath: path });
    await expect(select("$storageRef")).resolves.toBe("escaped");
    await expect(select('$$bubu[""]')).resolves.toBe(1);
    await expect(select("$storageX")).resolves.toBe("foreign");
    expect((await failureOf(select("$$storageRef"))).code).toBe("INVALID_REFERENCE");
    expect((await failureOf(select("$$$bubu"))).code).toBe("INVALID_REFERENCE");
  });

  it("of BubuStack's references is found in the same way", async () => {
    const store = new RecordingStore();
    await putJson(store.inner, { name: "Ada" }, "outputs/s/name.json");
    const dead = { $bubuStorageRef: "outputs/s/gone.json" };
    await putJson(
      store.inner,
      { name: { $bubuStorageRef: "outputs/s/name.json" }, dead, $$storage: 1 },
      "outputs/s/a.json",
    );
    const manager = new StorageManager({ store });
    const select = (path: string) => manager.hydrate({ $bubuStorageRef: "outputs/s/a.json", $bubuStoragePath: path });
    await expect(select("name.name")).resolves.toBe("Ada");
    await expect(select("$$storage")).resolves.toBe(1);
    expect((await failureOf(select("dead"))).code).toBe("NOT_FOUND");
  });

  it("is selected from the whole, which is read, where a registered schema makes it", async () => {
    const store = new RecordingStore();
    const registry = new SchemaRegistry().register("order", "1", z.object({ id: z.number(), rest: z.string() }));
    const plain = new StorageManager({ store, maxInlineSize: 10 });
    const tagged = (await plain.dehydrate(
      { id: 1, rest: "x".repeat(50) },
      { scope: "s", schema: "order", schemaVersion: "1", maxEnvelopeSize: 1024 },
    )) as { rest: unknown };
    expect(tagged.rest).toHaveProperty("$storageRef");
    const path = "outputs/s/tagged.json";
    const rest = await object(store, "found");
    await store.inner.write(
      path,
      JSON.stringify({ contentType: "json", schema: "order", schemaVersion: "1", data: { id: 1, rest } }),
    );
    const doubling = new SchemaRegistry().register(
      "order",
      "1",
      z.object({ id: z.number().transform((id) => 2 * id), rest: z.string() }),
    );
    const part = { $bubuStorageRef: path, $bubuStoragePath: "id" };
    await expect(new StorageManager({ store, schemas: registry }).hydrate(part)).resolves.toBe(1);
    await expect(new StorageManager({ store, schemas: doubling }).hydrate([part, part])).resolves.toEqual([2, 2]);
    await store.inner.delete(rest.$storageRef);
    expect((await failureOf(new StorageManager({ store, schemas: doubling }).hydrate(part))).code).toBe("NOT_FOUND");
    await expect(plain.hydrate(part)).resolves.toBe(1);
    const other = new SchemaRegistry().register("other", "1", z.number());
    await expect(new StorageManager({ store, schemas: other }).hydrate(part)).resolves.toBe(1);
  });

  it("of what a resolver gives is selected from that", async () => {
    const store = new RecordingStore();
    const resolver = {
      key: "$bubuTest",
      resolve: () => Promise.resolve({ user: { name: "Ada" } }),
    };
    const reference = await object(store, { secret: { $bubuTest: 1 }, dead: DEAD });
    const manager = new StorageManager({ store, resolvers: [resolver] });
    await expect(manager.hydrate({ ...reference, $storagePath: "secret.user.name" })).resolves.toBe("Ada");
  });

  it("is checked as all else: signature, digest, codecs of what is on the way", async () => {
    const store = new RecordingStore();
    const key = new Uint8Array(32).fill(7);
    const signing = { keys: { k: key }, activeKeyId: "k" };
    const codecs = [gzip(), aes256gcm({ keys: { k: key }, activeKeyId: "k" })];
    const manager = new StorageManager({ store, signing, codecs, maxInlineSize: 20, maxEnvelopeSize: 1024 });
    const inner = await manager.dehydrate({ deep: ["y".repeat(2000)] }, { scope: "a" });
    const value = { on: inner, off: DEAD, list: Array.from({ length: 100 }, (_, index) => ({ index })) };
    const reference = await manager.dehydrate([value], { scope: "b", maxRecursionDepth: 0 });
    const whole = Array.isArray(reference) ? (reference[0] as StorageReference) : (reference as StorageReference);
    const select = (path: string) => manager.hydrate(manager.select(whole, path));
    await expect(select("[0].on.deep[0]")).resolves.toBe("y".repeat(2000));
    await expect(select("[0].off.$storageSize")).resolves.toBe(20_000_000); // unsigned, so data
    await expect(select("[0].list[*].index")).resolves.toHaveLength(100);
    const unsigned: Partial<StorageReference> = manager.select(whole, "[0].on");
    delete unsigned.$storageSignature;
    expect((await failureOf(manager.hydrate(unsigned))).code).toBe("SIGNATURE_INVALID");
  });
});

describe("many parts of one object", () => {
  it("are copies of their own, whose bytes count, and for which the object is decoded once", async () => {
    const store = new RecordingStore();
    const list = Array.from({ length: 1000 }, (_, index) => index);
    const reference = await object(store, { list, big: "x".repeat(100_000) });
    const part = { ...reference, $storagePath: "list[*]" };
    const parse = jest.spyOn(JSON, "parse");
    const parts = await new StorageManager({ store, maxBytes: 500_000 }).hydrate<number[][]>(Array(50).fill(part));
    expect(parse).toHaveBeenCalledTimes(1);
    parse.mockRestore();
    expect(new Set(parts).size).toBe(50);
    expect(parts.every((copy) => copy.length === 1000 && copy[999] === 999)).toBe(true);
    const error = await failureOf(new StorageManager({ store, maxBytes: 290_000 }).hydrate(Array(50).fill(part)));
    expect(error.code).toBe("BUDGET_EXCEEDED");
  });

  it("share nothing that can be changed", async () => {
    const store = new RecordingStore();
    const leaf = await object(store, { leaf: [1] });
    const reference = await object(store, { a: { b: [{ c: 1 }, leaf] }, $$bubu: {} });
    const parts = ["a", "a.b", "a.b[*]", "a.b[0]", "a", "a.b[1].leaf"].map(($storagePath) => ({
      ...reference,
      $storagePath,
    }));
    const hydrated = await new StorageManager({ store }).hydrate<unknown[]>([...parts, reference]);
    const seen = new Set<object>();
    const visit = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      expect(seen.has(value)).toBe(false);
      seen.add(value);
      Object.values(value).forEach(visit);
    };
    visit(hydrated);
    expect(hydrated[5]).toEqual([1]);
  });

  it.each(["[*]", "", "[*].x"])("let others have their turn, and hear of an abort: %j", async ($storagePath) => {
    const store = new RecordingStore();
    const reference = await object(store, Array(8000).fill($storagePath === "[*].x" ? {} : 0));
    const manager = new StorageManager({ store });
    const value = Array.from({ length: 10_000 }, () => ({ ...reference, $storagePath }));
    const controller = new AbortController();
    let turns = 0;
    const hydrating = failureOf(manager.hydrate(value, { signal: controller.signal }));
    const counting = (async () => {
      while (turns < 10) {
        await nextTurn();
        turns++;
      }
      controller.abort();
    })();
    expect((await hydrating).code).toBe("ABORTED");
    await counting;
    expect(turns).toBe(10);
  });
});
