import { createHash } from "node:crypto";
import fc from "fast-check";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { VerifyOptions, VerifyProblem } from "../../src/maintain/verify/report.js";
import type { Codec } from "../../src/codecs/codec.js";
import { brotli } from "../../src/codecs/brotli.js";
import { gzip } from "../../src/codecs/gzip.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { objectsOf, put, putJson, referenceTo, storedJson } from "../support/stored.js";
import { briefly, encryption, PAYLOAD } from "../support/verified.js";

const PART = "0192f0c1-2345-7abc-8def-0123456789ab.part";

describe("an object that nothing leads to", () => {
  it("is a leftover of a stream, also where nobody says what is in use", async () => {
    const store = new RecordingStore();
    await store.write(`outputs/s/${PART}`, "the beginning");
    await store.write("outputs/s/song.part", "a user's own");
    const { problems } = await new StorageManager({ store }).verifyPrefix("");
    expect(briefly(problems)).toEqual([{ kind: "orphaned", path: `outputs/s/${PART}` }]);
    expect(problems[0]).toHaveProperty("error", undefined);
    expect(store.paths("read")).toEqual(["outputs/s/song.part"]);
  });

  it("is not a marker, a tombstone or the state of the collector, to which nothing leads", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const kept = await manager.dehydrate(longText("kept"), { scope: "kept", ttl: 5 * 3_600_000 });
    await manager.dehydrate(longText("a"), { scope: "a" });
    await manager.done("kept", "billing", { readers: ["billing", "search"] });
    await manager.release("a", { tombstone: 3_600_000 });
    await manager.collect();
    expect((await objectsOf(store)).size).toBe(4);
    expect(await manager.verifyPrefix("", { payloads: [kept] })).toMatchObject({ ok: true, objects: 4 });
  });

  it("is told apart from what payloads lead to, at any depth, in one of many", async () => {
    const store = new MemoryStore();
    const inner = await putJson(store, "inner");
    const middle = await putJson(store, { inner });
    const outer = await putJson(store, { middle });
    const orphan = await putJson(store, { inner, orphan: true });
    const other = await putJson(store, "other", "inputs/s/other.json"); // not below the prefix
    await store.write("outputs/mine", "a user's own");
    const manager = new StorageManager({ store });
    const payloads = [...Array.from({ length: 3000 }, (_, i) => ({ i, other })), { outer }];
    const orphans = [
      { kind: "orphaned", path: "outputs/mine" },
      { kind: "orphaned", path: orphan.$storageRef },
    ];
    async function* stream() {
      for (const payload of payloads) yield await Promise.resolve(payload);
    }
    for (const source of [payloads, new Set(payloads), stream()]) {
      const report = await manager.verifyPrefix("outputs/", { payloads: source });
      expect(briefly(report.problems)).toEqual(orphans);
      expect(report).toMatchObject({ orphaned: 2, objects: 5 });
    }
    expect(await manager.verifyPrefix("outputs/", { payloads: [] })).toMatchObject({ orphaned: 5 });
    expect(await manager.verifyPrefix("outputs/")).toMatchObject({ ok: true });
  });

  it("says which payload a problem is of", async () => {
    const store = new MemoryStore();
    const gone = referenceTo("outputs/s/gone.json", storedJson(1));
    const orphan = await putJson(store, "orphan");
    const { problems } = await new StorageManager({ store }).verifyPrefix("", { payloads: [1, { a: gone }] });
    expect(briefly(problems)).toEqual([
      { kind: "missing", path: "outputs/s/gone.json", at: "$[1].a", code: "NOT_FOUND" },
      { kind: "orphaned", path: orphan.$storageRef },
    ]);
  });

  it.each([
    ["refused", { $storageRef: "../x" }],
    ["corrupt", { $storageSize: 1 }],
  ])("is not called so while a payload can't be followed to its end: %s", async (kind, change) => {
    const store = new MemoryStore();
    const holder = await putJson(store, await putJson(store, "inner"));
    const manager = new StorageManager({ store });
    await store.write(`outputs/s/${PART}`, "");
    const report = await manager.verifyPrefix("", { payloads: [{ ...holder, ...change }] });
    expect(report.problems.map((problem) => problem.kind).sort()).toEqual([kind, "orphaned"].sort());
    expect(briefly(report.problems)).toContainEqual({ kind: "orphaned", path: `outputs/s/${PART}` });
  });

  it("is none that was encrypted again", async () => {
    const store = new MemoryStore();
    const payload = await new StorageManager({ store, codecs: [encryption()] }).dehydrate(PAYLOAD, { scope: "s" });
    const keys = { keys: { k1: Buffer.alloc(32, 7), k2: Buffer.alloc(32, 8) } };
    const manager = new StorageManager({ store, codecs: [encryption("k2", Buffer.alloc(32, 8), keys)] });
    await manager.reencrypt("");
    expect(await manager.verifyPrefix("", { payloads: [payload] })).toMatchObject({ ok: true });
    expect((await manager.verifyPrefix("", { payloads: [] })).orphaned).toBeGreaterThan(1);
  });

  it("is no concern of a source of payloads that fails", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const cause = new Error("no database");
    let closed = 0;
    const source = {
      [Symbol.iterator]: () => ({
        next: () => {
          throw cause;
        },
        return: () => ({ done: true as const, value: closed++ }),
      }),
    };
    const error = await failureOf(manager.verifyPrefix("", { payloads: source }));
    expect(error).toMatchObject({ code: "UNEXPECTED", cause });
    expect(closed).toBe(1);
  });
});

const FRAME = Buffer.from("FRM");

/** A codec as a user may write one: three bytes, the size, and the content as it is. */
function framing(): Codec {
  const encode = (bytes: Uint8Array): Buffer => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(bytes.byteLength);
    return Buffer.concat([FRAME, size, bytes]);
  };
  const unused = (): never => {
    throw new Error("not used here");
  };
  return {
    ...{ name: "framing", encrypts: false, required: false, decodeOnly: false, magic: FRAME },
    measure: async (bytes) => {
      const size = Buffer.from(bytes.subarray(3, 7)).readUInt32BE() + 7;
      if (size > bytes.byteLength) throw new Error("It is cut short.");
      return Promise.resolve(size);
    },
    prepare: () => ({ encode, gains: () => false, encodeStream: unused }),
    decode: async (bytes) => Promise.resolve(bytes.subarray(7)),
    decodeStream: unused,
  };
}

describe("entries that only references describe", () => {
  it.each([
    ["gzip", [gzip()], 0],
    ["brotli, an object each", [brotli()], 0],
  ])("are looked at as far as they tell themselves what they are: %s", async (_, codecs, unchecked) => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, codecs, pack: false, maxEnvelopeSize: 1024 });
    await manager.dehydrate(PAYLOAD, { scope: "s" });
    const report = await manager.verifyPrefix("");
    expect(report).toMatchObject({ ok: true, unchecked });
    expect(report.references).toBeGreaterThan(1);
    expect((await new StorageManager({ store }).verifyPrefix("")).unchecked).toBeGreaterThan(0);
  });

  it("of a pack, too: compressed ones among others", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, codecs: [gzip({ minSize: 1200 })], maxInlineSize: 500 });
    const gone = referenceTo("outputs/s/gone.json", storedJson(1));
    const holder = Array.from({ length: 20 }, () => gone);
    const texts = Array.from({ length: 20 }, (_, i) => longText(`${i}`, i % 2 ? 600 : 5000));
    await manager.dehydrate([...texts, holder], { scope: "s", references: "pass" });
    const report = await manager.verifyPrefix("");
    expect(report).toMatchObject({ unchecked: 0, references: 20, missing: 20, corrupt: 0 });
    expect(await new StorageManager({ store }).verifyPrefix("")).toMatchObject({ ok: true, unchecked: 1 });
  });

  it("are unchecked when they are brotli in a pack, whose ends nobody sees", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, codecs: [brotli()] });
    await manager.dehydrate(PAYLOAD, { scope: "s" });
    expect(await manager.verifyPrefix("")).toMatchObject({ ok: true, unchecked: 1 });
  });

  it.each([
    ["are looked at when a codec of a user's own says how they begin and end", true, 0, 20],
    ["are unchecked when it does not say so", false, 1, 0],
  ])("%s", async (_, says, unchecked, missing) => {
    const codecs = [says ? framing() : { ...framing(), magic: undefined, measure: undefined }];
    const store = new MemoryStore();
    const manager = new StorageManager({ store, codecs, maxInlineSize: 500 });
    const gone = referenceTo("outputs/s/gone.json", storedJson(1));
    const holder = Array.from({ length: 20 }, () => gone);
    await manager.dehydrate([longText("a", 5000), longText("b", 5000), holder], { scope: "s", references: "pass" });
    expect(await manager.verifyPrefix("")).toMatchObject({ unchecked, missing, corrupt: 0 });
    const { path } = (await manager.verifyPrefix("")).problems[0] ?? {};
    expect(path).toBe(says ? "outputs/s/gone.json" : undefined);
    const damaged = Buffer.from([...FRAME, 0, 0, 0xff, 0xff, 0x61]);
    await store.write(`outputs/s/${createHash("sha256").update(damaged).digest("hex")}.pack`, damaged);
    expect(await manager.verifyPrefix("")).toMatchObject({ corrupt: says ? 1 : 0, unchecked: says ? 0 : 2 });
  });

  it("are unchecked when they are too large to be held", async () => {
    const store = new MemoryStore();
    await put(store, storedJson(longText("a", 17 * 1024 * 1024)));
    expect(await new StorageManager({ store }).verifyPrefix("")).toMatchObject({ ok: true, unchecked: 1 });
  });

  it("may be binary that looks like an encrypted entry", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    await manager.dehydrate({ a: Buffer.from("CCE1 is how it begins") }, { scope: "s" });
    expect(await manager.verifyPrefix("")).toMatchObject({ ok: true, objects: 1 });
  });
});

describe("a verification that goes on where another was broken off", () => {
  const key = (problem: VerifyProblem) => JSON.stringify(briefly([problem]));

  async function damaged(seed: readonly number[]) {
    const store = new MemoryStore();
    for (const [index, kind] of seed.entries()) {
      const gone = referenceTo(`outputs/gone/${index}.json`, storedJson(1));
      const { $storageRef } = await putJson(store, kind === 1 ? { index, gone } : { index });
      if (kind === 2) await store.write($storageRef, "another");
      if (kind === 3)
        await store.write($storageRef.replace(/[^/]*$/, PART.replace(/^0192f0c1/, `${10_000_000 + index}`)), "");
    }
    return store;
  }

  it("finds the same in all, wherever that was", async () => {
    const scenario = fc.record({
      seed: fc.array(fc.nat(3), { minLength: 1, maxLength: 25 }),
      kills: fc.array(fc.nat(8), { maxLength: 6 }),
      concurrency: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ seed, kills, concurrency }) => {
        const manager = new StorageManager({ store: await damaged(seed), concurrency });
        const whole = await manager.verifyPrefix("outputs/");
        const found = new Set<string>();
        const onProblem = (problem: VerifyProblem) => found.add(key(problem));
        let startAfter: string | undefined;
        for (const steps of kills) {
          const controller = new AbortController();
          let left = steps;
          const options: VerifyOptions = {
            ...{ startAfter, onProblem, signal: controller.signal },
            onProgress: ({ lastPath }) => {
              startAfter = lastPath;
              if (left-- === 0) controller.abort();
            },
          };
          await manager.verifyPrefix("outputs/", options).catch((error: unknown) => {
            expect(error).toMatchObject({ code: "ABORTED" });
          });
        }
        const rest = await manager.verifyPrefix("outputs/", { startAfter, onProblem });
        expect([...found].sort()).toEqual(whole.problems.map(key).sort());
        expect(rest.lastPath).toBe(whole.lastPath);
      }),
      { numRuns: 25 },
    );
  });

  it("says where it began, when there is nothing more", async () => {
    const store = new MemoryStore();
    await store.write("outputs/a", "");
    const report = await new StorageManager({ store }).verifyPrefix("outputs/", { startAfter: "outputs/z" });
    expect(report).toMatchObject({ objects: 0, lastPath: "outputs/z" });
  });
});

describe("a large prefix", () => {
  it("is verified in little memory and time, with no request for what was seen already", async () => {
    const store = new RecordingStore();
    const inner = await putJson(store.inner, "inner", "outputs/a/inner.json");
    for (let index = 0; index < 10_000; index++) {
      await put(store.inner, storedJson(index % 10 ? index : { index, inner }));
    }
    const paths = [...(await objectsOf(store.inner)).keys()];
    const report = await new StorageManager({ store }).verifyPrefix("outputs/");
    expect(report).toMatchObject({ ok: true, objects: 10_001, references: 1000, lastPath: paths.at(-1) });
    expect(store.paths("read")).toHaveLength(10_001);
    expect(store.paths("stat")).toEqual([]);
  });
});
