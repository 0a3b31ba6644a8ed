import { createSecretKey, randomBytes } from "node:crypto";
import { aes256gcm, MemoryStore, StorageManager, type StorageReference, type Store } from "../../src/index.js";
import { Encryptor } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { failureOf } from "../support/failure.js";

const keys = { old: randomBytes(32), fresh: randomBytes(32) };

function managerOf(store: Store, activeKeyId: "old" | "fresh", options: object = {}): StorageManager {
  return new StorageManager({ store, codecs: [aes256gcm({ keys, activeKeyId })], ...options });
}

/** Counts the requests, and the bytes that were asked for. */
class CountingStore extends MemoryStore {
  readonly calls: string[] = [];
  bytesRead = 0;
  override async read(...[path, options]: Parameters<Store["read"]>): ReturnType<Store["read"]> {
    this.calls.push(`read ${path}`);
    const result = await super.read(path, options);
    this.bytesRead += Math.min(options?.length ?? Infinity, result.info.size - (options?.offset ?? 0));
    return result;
  }
}

async function pathsOf(store: Store): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list("")) paths.push(path);
  return paths;
}

function encryptorOf(keyId: "old" | "fresh"): Encryptor {
  return new Encryptor({ keyId, wrappedKey: undefined, key: createSecretKey(keys[keyId]) });
}

describe("encrypting again", () => {
  it("reads little of objects that are current", async () => {
    const store = new CountingStore();
    await managerOf(store, "fresh").dehydrate({ text: "x".repeat(1_000_000) });
    const report = await managerOf(store, "fresh").reencrypt("");
    expect(report).toMatchObject({ current: 1, bytes: expect.any(Number) });
    expect(store.bytesRead).toBeLessThanOrEqual(4096);
  });

  it("takes packs of any size, and headers of any length", async () => {
    const store = new MemoryStore();
    const values = Array.from({ length: 100 }, (_, index) => Buffer.alloc(200_000, index));
    const schema = "s".repeat(9000);
    const writer = managerOf(store, "old", { pack: { maxPackSize: 64 * 1024 * 1024 }, maxEnvelopeSize: 10_000_000 });
    const dehydrated = await writer.dehydrate(values, { schema });
    const large = await writer.dehydrate(Buffer.alloc(17_000_000, 7), { schema });
    expect(await pathsOf(store)).toHaveLength(2);
    expect(await managerOf(store, "fresh").reencrypt("")).toMatchObject({ reencrypted: 2, failures: [] });
    const reader = managerOf(store, "fresh");
    const back = await reader.hydrate<Uint8Array[]>(dehydrated);
    expect(back.every((bytes, index) => values[index]!.equals(bytes))).toBe(true);
    expect((await reader.hydrate<Uint8Array>(large)).byteLength).toBe(17_000_000);
    // Not whatever it takes.
    const little = managerOf(store, "old", { maxBytes: 1_000_000 });
    const report = await little.reencrypt("");
    expect(report).toMatchObject({ reencrypted: 1, failures: [{ error: { code: "BUDGET_EXCEEDED" } }] });
  });

  it("leaves hostile and foreign objects as they are", async () => {
    const store = new MemoryStore();
    const header = (fields: object): Buffer => {
      const json = Buffer.from(JSON.stringify({ keyId: "old", contentType: "text/plain", ...fields }));
      return Buffer.concat([Buffer.from("CCE1"), Buffer.of(json.byteLength >> 8, json.byteLength & 255), json]);
    };
    const good = await encryptorOf("old").encode(Buffer.from("x"), {
      directory: "outputs/a",
      contentType: "text/plain",
      encodings: [],
    });
    const objects = {
      "outputs/a/text": Buffer.from("CCE1 is how this text of a user begins."),
      "outputs/a/short": Buffer.from("CCE1"),
      "outputs/a/none": header({ sealedSize: 0 }),
      "outputs/a/many": Buffer.concat(Array.from({ length: 5000 }, () => header({ sealedSize: 0 }))),
      "outputs/a/huge": Buffer.concat([header({ sealedSize: Number.MAX_SAFE_INTEGER }), randomBytes(100)]),
      "outputs/a/cut": good.subarray(0, -1),
      "outputs/a/more": Buffer.concat([good, Buffer.from("more")]),
      "outputs/b/moved": good,
    };
    for (const [path, bytes] of Object.entries(objects)) await store.write(path, bytes);
    const report = await managerOf(store, "fresh").reencrypt("");
    expect(report).toMatchObject({ failed: 8, reencrypted: 0 });
    for (const { path, error } of report.failures) {
      expect(["DECODE_FAILED", "INTEGRITY"]).toContain(error.code);
      expect(error).toMatchObject({ operation: "reencrypt", store: "memory", path });
    }
    for (const [path, bytes] of Object.entries(objects)) {
      expect(Buffer.from(await (await store.read(path)).bytes()).equals(bytes)).toBe(true);
    }
  });

  it("finds each of many entries without looking at all of them, and asks twice for what is missing", async () => {
    const store = new CountingStore();
    const values = Array.from({ length: 2000 }, (_, index) => `${index} `.repeat(300));
    const manager = managerOf(store, "old", { maxEnvelopeSize: 10_000_000 });
    const dehydrated = (await manager.dehydrate(values)) as StorageReference[];
    await managerOf(store, "fresh").reencrypt("");
    const parse = jest.spyOn(JSON, "parse");
    const reader = managerOf(store, "fresh");
    expect(await reader.hydrate(dehydrated)).toEqual(values);
    // The header of each entry to find it and to decrypt it, and its content.
    expect(parse.mock.calls.length).toBeLessThan(4 * values.length);
    parse.mockRestore();

    for (const path of await pathsOf(store)) await store.delete(path);
    store.calls.length = 0;
    expect(await failureOf(reader.hydrate(dehydrated.at(-1)))).toMatchObject({ code: "NOT_FOUND" });
    const path = dehydrated.at(-1)!.$storageRef;
    expect(store.calls).toEqual([`read ${path}`, `read ${path}.reencrypted`]);
  });
});
