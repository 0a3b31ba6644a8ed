import { gzipSync } from "node:zlib";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { objectKind } from "../../src/object/object-name.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { firstMember, verifyPack } from "../support/measured.js";
import { limited } from "../support/limited-store.js";
import { putJsonPack } from "../support/packed.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { put, putJson, referenceTo, storedJson } from "../support/stored.js";
import { briefly, encryption } from "../support/verified.js";

describe("what a verification holds", () => {
  it("is nothing of an entry that says itself that it is too large", async () => {
    const store = new RecordingStore();
    const reference = await putJson(store.inner, "data");
    const huge = { ...reference, $storageSize: 10 ** 12 };
    const part = { ...huge, $storageOffset: 0 };
    const { problems } = await new StorageManager({ store }).verify([huge, part]);
    expect(problems.map(({ kind, error }) => [kind, error!.code])).toEqual([
      ["refused", "BUDGET_EXCEEDED"],
      ["refused", "BUDGET_EXCEEDED"],
    ]);
    expect(store.calls).toEqual([]);
  });

  it("is no more at a time than one entry may have, of however many in an object", async () => {
    const store = new RecordingStore();
    const references = await putJsonPack(
      store.inner,
      Array.from({ length: 40 }, (_, i) => longText(`${i}`, 1000)),
    );
    const overlapping = references.slice(0, 30).map((reference) => ({ ...reference, $storageSize: 9000 }));
    const manager = new StorageManager({ store, maxBytes: 10_000 });
    expect(await manager.verify(references)).toMatchObject({ ok: true, objects: 1 });
    const sizes = store.calls.flatMap(({ operation, options }) => (operation === "read" ? [options.length!] : []));
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThan(11_000);
    store.calls.length = 0;
    expect(await manager.verify([overlapping, references])).toMatchObject({ corrupt: 30, objects: 1 });
    expect(store.calls.every(({ options }) => (options.length ?? 0) < 30_000)).toBe(true);
  });

  it("is bounded where a store reads objects only whole", async () => {
    const store = new MemoryStore();
    const references = await putJsonPack(
      store,
      Array.from({ length: 40 }, (_, i) => longText(`${i}`, 1000)),
    );
    const manager = new StorageManager({ store: limited(["rangeRead"], store), maxBytes: 10_000 });
    const report = await manager.verify(references);
    expect(report).toMatchObject({ refused: 40, corrupt: 0, missing: 0 });
    expect(report.problems[0]!.error!.code).toBe("BUDGET_EXCEEDED");
  });

  it("is not an object of many encrypted entries that is too large", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, codecs: [encryption()] });
    const texts = Array.from({ length: 2 }, (_, i) => longText(`${i}`, 9_000_000));
    const packing = new StorageManager({
      store,
      codecs: [encryption()],
      pack: { maxEntrySize: 10_000_000, maxPackSize: 40_000_000 },
    });
    const payload = await packing.dehydrate(texts, { scope: "s" });
    expect(await manager.verify(payload)).toMatchObject({ ok: true, objects: 1 });
    expect(await manager.verifyPrefix("")).toMatchObject({ ok: true, unchecked: 1 });
    const { lastPath } = await manager.verifyPrefix("");
    await store.copy(lastPath!, `${lastPath!}.reencrypted`);
    const { problems } = await manager.verifyPrefix("", { startAfter: lastPath });
    expect(problems.map(({ kind, error }) => [kind, error!.code])).toEqual([["refused", "LIMIT_EXCEEDED"]]);
  });
});

describe("what is not a store's or a payload's fault", () => {
  it("is a resolver that fails: refused", async () => {
    const store = new MemoryStore();
    const resolver = {
      key: "$storageSecret",
      matches: () => {
        throw new Error("a resolver of the user's own");
      },
      resolve: async () => Promise.resolve(1),
    };
    const reference = await putJson(store, { $storageSecret: "x" });
    const manager = new StorageManager({ store, resolvers: [resolver] });
    for (const verified of [manager.verify(reference), manager.verifyPrefix("")]) {
      const report = await verified;
      expect(report).toMatchObject({ refused: 1, corrupt: 0, missing: 0 });
      expect(report.problems[0]!.error!.code).toBe("UNEXPECTED");
    }
  });

  it("is a reference of a resolver: it is not looked at", async () => {
    const resolver = { key: "$storageSecret", resolve: async () => Promise.resolve(1) };
    const store = new MemoryStore();
    const payload = { $storageSecret: { $storageRef: "../x" } };
    await putJson(store, payload);
    const manager = new StorageManager({ store, resolvers: [resolver] });
    expect(await manager.verify([payload])).toMatchObject({ ok: true, references: 0 });
    expect(await manager.verifyPrefix("")).toMatchObject({ ok: true, references: 0 });
  });

  it("is a store that gives something else than bytes: refused", async () => {
    const store = new MemoryStore();
    const { $storageRef } = await put(store, storedJson(1));
    const read = store.read.bind(store);
    store.read = async (path, options) => ({
      ...(await read(path, options)),
      async *[Symbol.asyncIterator]() {
        yield await Promise.resolve("text" as unknown as Uint8Array);
      },
    });
    const { problems } = await new StorageManager({ store }).verifyPrefix("");
    expect(briefly(problems)).toEqual([{ kind: "refused", path: $storageRef, code: "UNEXPECTED" }]);
  });

  it("is a store that fails when it is asked whether a listed object is gone: refused", async () => {
    const store = new MemoryStore();
    await store.write("outputs/a", "");
    const gone = referenceTo("outputs/b", storedJson(1));
    await putJson(store, gone);
    const unavailable = async () => Promise.reject(new Error("not a StorageError"));
    store.stat = unavailable;
    const report = await new StorageManager({ store }).verifyPrefix("");
    expect(report).toMatchObject({ refused: 1, missing: 0 });
    expect(report.problems[0]!.error!.code).toBe("UNEXPECTED");
  });
});

describe("a gzip member", () => {
  const plain = Buffer.from(longText("text"));
  const member = gzipSync(plain);
  const withHeader = (flags: number, ...fields: Buffer[]) =>
    Buffer.concat([member.subarray(0, 3), Buffer.of(flags), member.subarray(4, 10), ...fields, member.subarray(10)]);
  const extra = Buffer.from("\x03\x00abc", "latin1");

  it.each([
    ["as Node writes it", member],
    ["with extra fields", withHeader(4, extra)],
    ["with a name", withHeader(8, Buffer.from("name\0"))],
    ["with a comment", withHeader(16, Buffer.from("comment\0"))],
    ["with a checksum", withHeader(2, Buffer.of(1, 2))],
    ["with all of them", withHeader(30, extra, Buffer.from("n\0"), Buffer.from("c\0"), Buffer.of(1, 2))],
  ])("ends where it ends, whatever follows: %s", async (_, bytes) => {
    for (const tail of ["", "\n", "\n{}\n", "\n\x1f\x8b", "x".repeat(100_000)]) {
      const first = await firstMember(Buffer.concat([bytes, Buffer.from(tail, "latin1")]), 10_000);
      expect(Buffer.compare(first, bytes)).toBe(0);
    }
  });

  it("is refused when it is cut short, damaged or too large", async () => {
    const wrong = Buffer.concat([member.subarray(0, 2), Buffer.alloc(28, 0xff)]);
    for (const bytes of [member.subarray(0, 15), member.subarray(0, 5), withHeader(8), wrong]) {
      const { problems } = await verifyPack(bytes, 10_000);
      expect(problems.map(({ error }) => error!.code)).toEqual(["DECODE_FAILED"]);
    }
    const { problems } = await verifyPack(member, 100);
    expect(problems.map(({ error }) => error!.code)).toEqual(["BUDGET_EXCEEDED"]);
  });
});

describe("the name of an object", () => {
  const hex = "ab".repeat(32);
  const uuid = "0192f0c1-2345-7abc-8def-0123456789ab";

  it.each([
    [`${hex}.json`, "envelope", true, false],
    [`a/b/${hex}.pack`, "pack", true, false],
    [`a/${hex}.bin`, "binary", true, false],
    [`a/${hex}.pack.reencrypted`, "pack", false, true],
    [`a/${uuid}.bin`, "binary", false, false],
    [`a/${uuid}.bin.reencrypted`, "binary", false, true],
    [`a/${uuid}.part`, "leftover", false, false],
    [`a/${uuid}.part.reencrypted`, "other", false, false],
    [`a/${hex.toUpperCase()}.json`, "other", false, false],
    [`a/x${hex}.json`, "other", false, false],
    ["a/song.part", "other", false, false],
    ["a/output.json.reencrypted", "other", false, false],
  ])("tells what it is: %s", (path, holds, hasDigest, isReplacement) => {
    const kind = objectKind(path);
    expect(kind).toMatchObject({ holds, isReplacement });
    expect(kind.digest !== undefined).toBe(hasDigest);
  });
});
