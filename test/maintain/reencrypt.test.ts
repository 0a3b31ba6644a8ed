import { createSecretKey, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import {
  aes256gcm,
  gzip,
  MemoryStore,
  StorageManager,
  type ReencryptProgress,
  type StorageReference,
  type Store,
} from "../../src/index.js";
import { Encryptor } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { failureOf } from "../support/failure.js";

const keys = { old: randomBytes(32), fresh: randomBytes(32) };
const before = { old: keys.old };
const after = { fresh: keys.fresh };

function managerOf(store: Store, given: Record<string, Uint8Array>, activeKeyId: string): StorageManager {
  return new StorageManager({ store, codecs: [gzip(), aes256gcm({ keys: given, activeKeyId })] });
}

const LARGE = randomBytes(17 * 1024 * 1024);

function payload(): Record<string, unknown> {
  return {
    texts: Array.from({ length: 5 }, (_, index) => `${index} ${"text ".repeat(500)}`),
    alone: { rows: Array.from({ length: 100 }, (_, index) => ({ index, name: `row ${index}` })) },
    small: [randomBytes(100), randomBytes(2000)],
  };
}

async function pathsOf(store: Store): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list("")) paths.push(path);
  return paths;
}

describe("encrypting a prefix again", () => {
  it("leaves references good, packed and alone, without the old key", async () => {
    const store = new MemoryStore();
    const value = payload();
    const whole = "x".repeat(50_000);
    const dehydrated = await managerOf(store, before, "old").dehydrate(value, { scope: "a" });
    const alone = await managerOf(store, before, "old").dehydrate(whole, {
      scope: "b",
      schema: "s",
      schemaVersion: "1",
    });
    expect(await pathsOf(store)).toHaveLength(3);

    const report = await managerOf(store, keys, "fresh").reencrypt("");
    expect(report).toMatchObject({ reencrypted: 3, current: 0, unencrypted: 0, failed: 0, failures: [] });
    const paths = await pathsOf(store);
    expect(paths).toHaveLength(3);
    expect(paths.every((path) => path.endsWith(".reencrypted"))).toBe(true);

    const reader = managerOf(store, after, "fresh");
    expect(await reader.hydrate(JSON.parse(JSON.stringify(dehydrated)))).toEqual(value);
    expect(await reader.hydrate(alone)).toBe(whole);
    const opened = await reader.open((dehydrated as { small: StorageReference[] }).small[1]!);
    expect(Buffer.from(await opened.bytes())).toEqual((value.small as Buffer[])[1]);
    expect(Buffer.from(await (await reader.open(alone as StorageReference)).bytes()).toString()).toBe(whole);
    expect(await failureOf(managerOf(store, before, "old").hydrate(dehydrated))).toMatchObject({
      code: "DECODE_FAILED",
    });
  });

  it("can be done again, and again", async () => {
    const store = new MemoryStore();
    const value = payload();
    const dehydrated = await managerOf(store, before, "old").dehydrate(value);
    await managerOf(store, keys, "fresh").reencrypt("");
    expect(await managerOf(store, keys, "fresh").reencrypt("")).toMatchObject({ reencrypted: 0, current: 2 });
    const third = { fresh: keys.fresh, third: randomBytes(32) };
    expect(await managerOf(store, third, "third").reencrypt("")).toMatchObject({ reencrypted: 2, current: 0 });
    expect(await managerOf(store, { third: third.third }, "third").hydrate(dehydrated)).toEqual(value);
  });

  it("encrypts large streams as they are read", async () => {
    const store = new MemoryStore();
    const stream = Readable.from([LARGE.subarray(0, 9_000_000), LARGE.subarray(9_000_000)]);
    const dehydrated = await managerOf(store, before, "old").dehydrate({ stream });
    for (const [given, active] of [
      [keys, "fresh"],
      [keys, "old"],
      [keys, "fresh"],
    ] as const) {
      expect(await managerOf(store, given, active).reencrypt("")).toMatchObject({ reencrypted: 1, failed: 0 });
    }
    const reader = managerOf(store, after, "fresh");
    const { stream: back } = await reader.hydrate<{ stream: Uint8Array }>(dehydrated);
    expect(LARGE.equals(back)).toBe(true);
    const opened = await reader.open((dehydrated as { stream: StorageReference }).stream);
    expect(LARGE.equals(await opened.bytes())).toBe(true);
  });

  it("leaves alone what is not encrypted, what is current, and what it can't decrypt", async () => {
    const store = new MemoryStore();
    await new StorageManager({ store }).dehydrate(payload(), { scope: "plain" });
    await store.write("empty", "");
    await managerOf(store, after, "fresh").dehydrate(payload(), { scope: "current" });
    await managerOf(store, { other: randomBytes(32) }, "other").dehydrate(payload(), { scope: "foreign" });
    const untouched = await pathsOf(store);
    const report = await managerOf(store, keys, "fresh").reencrypt("");
    expect(report).toMatchObject({ reencrypted: 0, current: 2, unencrypted: 3, failed: 2, objects: 7 });
    expect(report.failures.map(({ error }) => error.code)).toEqual(["DECODE_FAILED", "DECODE_FAILED"]);
    expect(await pathsOf(store)).toEqual(untouched);
  });

  it("does not put its seal on a damaged object", async () => {
    const store = new MemoryStore();
    const manager = managerOf(store, before, "old");
    await manager.dehydrate({ text: "x".repeat(5000) });
    const [path] = await pathsOf(store);
    const bytes = Buffer.from(await (await store.read(path!)).bytes());
    bytes[bytes.length - 1]! ^= 1;
    await store.write(path!, bytes);
    const report = await managerOf(store, keys, "fresh").reencrypt("");
    expect(report).toMatchObject({ reencrypted: 0, failed: 1, failures: [{ path, error: { code: "INTEGRITY" } }] });
    expect(await pathsOf(store)).toEqual([path]);
  });

  it("believes no entry that took a place without the key", async () => {
    const store = new MemoryStore();
    const dehydrated = await managerOf(store, before, "old").dehydrate({ text: "x".repeat(5000) });
    const reference = (dehydrated as { text: StorageReference }).text;
    const { $storageRef: path, $storageDigest: digest, $storageSize: size } = reference;
    const attacker = new Encryptor({ keyId: "fresh", wrappedKey: undefined, key: createSecretKey(randomBytes(32)) });
    const context = { directory: path.replace(/\/[^/]*$/, ""), contentType: "text/plain", encodings: ["gzip"] };
    const forged = await attacker.encode(gzipSync('{"contentType":"raw","data":"forged"}'), context, { digest, size });
    await store.write(`${path}.reencrypted`, forged);
    await store.delete(path);
    const reader = managerOf(store, keys, "fresh");
    expect(await failureOf(reader.hydrate(dehydrated))).toMatchObject({ code: "INTEGRITY" });
    expect(await failureOf(reader.open(reference).then((opened) => opened.bytes()))).toMatchObject({
      code: "INTEGRITY",
    });
  });

  it("believes no entry that took the place of one that was not encrypted", async () => {
    const store = new MemoryStore();
    const bytes = randomBytes(5000);
    const dehydrated = await new StorageManager({ store }).dehydrate({ bytes });
    const reference = (dehydrated as { bytes: StorageReference }).bytes;
    const { $storageRef: path, $storageDigest: digest, $storageSize: size } = reference;
    const attacker = new Encryptor({ keyId: "fresh", wrappedKey: undefined, key: createSecretKey(randomBytes(32)) });
    const context = { directory: path.replace(/\/[^/]*$/, ""), contentType: "application/octet-stream", encodings: [] };
    await store.write(`${path}.reencrypted`, await attacker.encode(randomBytes(100), context, { digest, size }));
    await store.delete(path);
    const codecs = [gzip(), aes256gcm({ keys, activeKeyId: "fresh", allowUnencrypted: true })];
    const reader = new StorageManager({ store, codecs });
    expect(await failureOf(reader.hydrate(dehydrated))).toMatchObject({ code: "NOT_FOUND", path });
    expect(await failureOf(reader.open(reference))).toMatchObject({ code: "NOT_FOUND", path });
  });

  it("believes no entry that took the place of another one, though it was made by the key", async () => {
    const store = new MemoryStore();
    const writer = new StorageManager({ store, codecs: [aes256gcm({ keys, activeKeyId: "old" })], pack: false });
    const dehydrated = await writer.dehydrate([randomBytes(5000), randomBytes(5000)], { scope: "a" });
    const [mine, other] = dehydrated as [StorageReference, StorageReference];
    const reader = managerOf(store, keys, "fresh");
    expect(await reader.reencrypt("")).toMatchObject({ reencrypted: 2 });
    await store.copy(`${other.$storageRef}.reencrypted`, `${mine.$storageRef}.reencrypted`);
    expect(await failureOf(reader.hydrate(mine))).toMatchObject({ code: "NOT_FOUND", path: mine.$storageRef });
    const opened = await reader.open(mine);
    expect(await failureOf(opened.bytes())).toMatchObject({ code: "INTEGRITY", path: mine.$storageRef });
  });

  it("leaves nothing of what is released meanwhile", async () => {
    const store = new MemoryStore();
    await managerOf(store, before, "old").dehydrate({ text: "x".repeat(5000) }, { scope: "gone" });
    const releasing = new (class extends MemoryStore {
      override async write(...args: Parameters<Store["write"]>): ReturnType<Store["write"]> {
        for (const path of await pathsOf(store)) await store.delete(path);
        return store.write(...args);
      }
      override read = store.read.bind(store);
      override stat = store.stat.bind(store);
      override delete = store.delete.bind(store);
      override list = store.list.bind(store);
    })();
    await managerOf(releasing, keys, "fresh").reencrypt("");
    expect(await pathsOf(store)).toEqual([]);
  });

  it("tells how far it has come, and goes on from there", async () => {
    const store = new MemoryStore();
    const writer = managerOf(store, before, "old");
    const values = Array.from({ length: 6 }, (_, index) => ({ text: `${index} `.repeat(2000) }));
    const dehydrated: unknown[] = [];
    for (const [index, value] of values.entries())
      dehydrated.push(await writer.dehydrate(value, { scope: `s${index}` }));

    const stop = new AbortController();
    const seen: ReencryptProgress[] = [];
    const codecs = [gzip(), aes256gcm({ keys, activeKeyId: "fresh" })];
    const manager = new StorageManager({ store, codecs, concurrency: 1 });
    const onProgress = (progress: ReencryptProgress): void => {
      seen.push(progress);
      if (progress.objects === 3) stop.abort(new Error("enough"));
      throw new Error("ignored");
    };
    const failure = await failureOf(manager.reencrypt("outputs/", { signal: stop.signal, onProgress }));
    expect(failure).toMatchObject({ code: "ABORTED" });
    expect(seen.map(({ objects }) => objects)).toEqual([1, 2, 3]);
    const startAfter = seen.at(-1)!.lastPath!;
    const rest = await manager.reencrypt("outputs/", { startAfter });
    expect(seen.at(-1)!.reencrypted + rest.reencrypted).toBe(6);
    expect(await managerOf(store, after, "fresh").hydrate(dehydrated)).toEqual(values);
  });

  it("needs an encryption, and options that are good", async () => {
    const store = new MemoryStore();
    expect(await failureOf(new StorageManager({ store }).reencrypt(""))).toMatchObject({ code: "CONFIG_INVALID" });
    const manager = managerOf(store, keys, "fresh");
    const wrong = { startAfter: 5, onProgress: "x", more: 1 } as never;
    const failure = await failureOf(manager.reencrypt("", wrong));
    expect(failure).toMatchObject({ code: "CONFIG_INVALID" });
    for (const name of ["startAfter", "onProgress", "more"]) expect((failure as Error).message).toContain(name);
    const disabled = new StorageManager({ codecs: [aes256gcm({ keys, activeKeyId: "old" })] });
    expect(await failureOf(disabled.reencrypt(""))).toMatchObject({ code: "STORAGE_DISABLED" });
  });
});
