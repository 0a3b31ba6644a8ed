import { createHash } from "node:crypto";
import fc from "fast-check";
import { FailoverStore } from "../../../../src/store/compose/failover/failover-store.js";
import type { FailoverStoreOptions } from "../../../../src/store/compose/failover/options.js";
import type { ReplicaErrors } from "../../../../src/store/compose/replicas/replica-errors.js";
import { streamResult } from "../../../../src/store/read-result.js";
import { FakeClock } from "../../../../src/testing/index.js";
import { failureOf } from "../../../support/failure.js";
import { turn } from "../../../support/turn.js";
import { textOf } from "../../drivers/file/file-roots.js";
import { type CopyStore, putAll, threeCopies, type BodyFault } from "../copy-store.js";

const BYTES = Buffer.from(Array.from({ length: 5500 }, (_, i) => (i * i + (i >> 8)) % 251));
const OTHER = Buffer.from(BYTES.map((byte, i) => (i > 4000 ? byte : byte ^ 1)));
const ADDRESSED = `outputs/run/${createHash("sha256").update(BYTES).digest("hex")}.bin`;
const STREAMED = { maxBufferSize: 0 };

function failover(options: Partial<FailoverStoreOptions> = {}) {
  const copies = threeCopies();
  const store = new FailoverStore({ stores: copies, ...options });
  const open = (): number[] => Object.values(copies).map((copy) => copy.open);
  return { ...copies, copies, store, open };
}

async function bytesOf(store: FailoverStore, path: string, range = {}): Promise<Uint8Array> {
  return (await store.read(path, range)).bytes();
}

describe("FailoverStore hands nothing out that is not whole", () => {
  it.each([{}, { maxBufferSize: 0 }])(
    "goes on after a copy that gives something else than bytes (%j)",
    async (options) => {
      const { a, b, store } = failover({ ...options, storeDigest: false });
      await putAll([a, b], "x", "content");
      const garbage = async function* () {
        yield await Promise.resolve("garbage" as unknown as Uint8Array);
      };
      a.read = (path) => Promise.resolve(streamResult({ path, size: 7 }, garbage(), () => undefined, { store: "a" }));
      expect(await textOf(store, "x")).toBe("content");
    },
  );

  it("asks on after a copy that answers a stat with null", async () => {
    const { a, b, store } = failover();
    await putAll([b], "x", "content");
    a.stat = () => Promise.resolve(null as unknown as undefined);
    expect((await store.stat("x"))?.size).toBe(7);
  });

  it.each<[BodyFault["fault"], string, string]>([
    ["truncate", "x", "INTEGRITY"],
    ["extend", "x", "INTEGRITY"],
    ["break", "x", "UNAVAILABLE"],
    ["flip", ADDRESSED, "INTEGRITY"],
  ])("takes the next copy of a body with the fault: %s", async (fault, path, code) => {
    const { a, b, store, open } = failover();
    await putAll([a, b], path, BYTES);
    a.body = { fault, at: 2500 };
    expect(Buffer.from(await bytesOf(store, path)).equals(BYTES)).toBe(true);
    a.body = b.body = { fault, at: 5499 };
    const error = await failureOf(store.read(path));
    expect(error.code).toBe("UNAVAILABLE");
    expect((error.cause as ReplicaErrors).replicas).toEqual({ a: code, b: code, c: "NOT_FOUND" });
    expect(open()).toEqual([0, 0, 0]);
  });

  it("takes the next copy of a body that hangs midway", async () => {
    const clock = new FakeClock();
    const { a, b, store } = failover({ attemptTimeout: 100, clock });
    await putAll([a, b], "x", BYTES);
    a.body = { fault: "hang", at: 2500 };
    const reading = bytesOf(store, "x");
    await clock.advance(100);
    expect(Buffer.from(await reading).equals(BYTES)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("knows the digest of what it wrote itself, and shows it to nobody", async () => {
    const { a, b, store } = failover();
    await store.write("x", BYTES, { metadata: { owner: "me" } });
    await b.write("x", BYTES, { metadata: (await a.stat("x"))?.metadata });
    a.body = { fault: "flip", at: 10 };
    const result = await store.read("x");
    expect(result.info).toMatchObject({ path: "x", size: 5500, metadata: { owner: "me" } });
    expect(Buffer.from(await result.bytes()).equals(BYTES)).toBe(true);
    expect((await store.stat("x"))?.metadata).toEqual({ owner: "me" });
    await store.write("y", "plain");
    expect(await store.stat("y")).not.toHaveProperty("metadata");
    expect((await a.stat("x"))?.metadata).toHaveProperty("coatcheck-digest");
  });

  it("keeps no digest beside what it writes where it is told not to, or where the path tells it", async () => {
    const { a, store } = failover({ storeDigest: false });
    await store.write("x", BYTES, { metadata: { owner: "me" } });
    expect((await a.stat("x"))?.metadata).toEqual({ owner: "me" });
    const other = failover();
    await other.store.write(ADDRESSED, BYTES);
    expect((await other.a.stat(ADDRESSED))?.metadata).toBeUndefined();
  });

  it("refuses to write under a path that tells another digest, since nobody could read it again", async () => {
    const { a, store } = failover();
    for (const options of [{}, STREAMED]) {
      const { store: some, a: first } = failover(options);
      await expect(some.write(ADDRESSED, OTHER)).rejects.toMatchObject({ code: "INTEGRITY", path: ADDRESSED });
      await expect(some.write(ADDRESSED, pieces(OTHER))).rejects.toMatchObject({ code: "INTEGRITY" });
      expect(await first.disk.stat(ADDRESSED)).toBeUndefined();
    }
    expect(a.calls).toEqual([]);
    await expect(store.write(ADDRESSED, OTHER)).rejects.toMatchObject({ code: "INTEGRITY" });
    const free = failover({ digest: () => undefined });
    await free.store.write(ADDRESSED, OTHER);
    expect(Buffer.from(await bytesOf(free.store, ADDRESSED)).equals(OTHER)).toBe(true);
  });

  it("checks a part by its length, and by the digest of the whole when asked to", async () => {
    for (const verifyRanges of [false, true]) {
      const { a, b, store } = failover({ verifyRanges });
      await putAll([a, b], ADDRESSED, BYTES);
      const range = { offset: 1000, length: 2000 };
      a.body = { fault: "truncate", at: 1500 };
      expect(Buffer.from(await bytesOf(store, ADDRESSED, range)).equals(BYTES.subarray(1000, 3000))).toBe(true);
      a.body = { fault: "flip", at: 10 };
      const right = Buffer.from(await bytesOf(store, ADDRESSED, range)).equals(BYTES.subarray(1000, 3000));
      expect(right).toBe(verifyRanges);
    }
  });
});

describe("FailoverStore goes on with a body that it is handing out", () => {
  it.each(["truncate", "break", "flip"] as const)("at the same byte, when the digest is known: %s", async (fault) => {
    const { a, b, c, store, open } = failover(STREAMED);
    await putAll([a, b, c], ADDRESSED, BYTES);
    // A flipped byte shows at the end only: what was handed out before it must be right.
    const at = fault === "flip" ? 5499 : 2500;
    a.body = { fault, at };
    expect(Buffer.from(await bytesOf(store, ADDRESSED)).equals(BYTES)).toBe(true);
    expect([b.count("read"), c.count("read")]).toEqual([1, 0]);
    expect(open()).toEqual([0, 0, 0]);
  });

  it("from the beginning, when it is not: the next copy must begin with what was handed out", async () => {
    const { a, b, c, store, open } = failover(STREAMED);
    await putAll([a, c], "x", BYTES);
    await putAll([b], "x", OTHER);
    a.body = { fault: "break", at: 2500 };
    expect(Buffer.from(await bytesOf(store, "x")).equals(BYTES)).toBe(true);
    expect([b.count("read"), c.count("read")]).toEqual([1, 1]);
    expect(open()).toEqual([0, 0, 0]);
  });

  it("from the beginning of a part, too", async () => {
    const { a, b, store } = failover(STREAMED);
    await putAll([a, b], "x", BYTES);
    a.body = { fault: "break", at: 700 };
    const part = await bytesOf(store, "x", { offset: 1234, length: 3000 });
    expect(Buffer.from(part).equals(BYTES.subarray(1234, 4234))).toBe(true);
  });

  it.each([{}, { offset: 1000, length: 3000 }])("never with a copy of another size: %j", async (range) => {
    const { a, b, c, store, open } = failover(STREAMED);
    await putAll([a, c], "x", BYTES);
    // They begin with what was handed out, and the part has the same length in them.
    const longer = Buffer.concat([OTHER, OTHER]);
    longer.set(BYTES.subarray(0, 3500));
    const { offset = 0, length = BYTES.byteLength } = range;
    a.body = { fault: "break", at: 2000 };
    for (const other of [longer, longer.subarray(0, 5000)]) {
      await putAll([b], "x", other);
      const bytes = await bytesOf(store, "x", range);
      expect(Buffer.from(bytes).equals(BYTES.subarray(offset, offset + length))).toBe(true);
      expect(open()).toEqual([0, 0, 0]);
    }
    expect([b.count("read"), c.count("read")]).toEqual([2, 2]);
  });

  it("never with a copy that says another size than its digest is of", async () => {
    const { a, b, c, store, open } = failover(STREAMED);
    await putAll([a, c], ADDRESSED, BYTES);
    const extended = Buffer.concat([BYTES, Buffer.from("more")]);
    await putAll([b], ADDRESSED, extended);
    a.body = { fault: "break", at: 2500 };
    expect(Buffer.from(await bytesOf(store, ADDRESSED)).equals(BYTES)).toBe(true);
    expect(c.count("read")).toBe(1);
    expect(open()).toEqual([0, 0, 0]);
  });

  it("never joins two versions, but fails", async () => {
    const { a, b, c, store, open } = failover(STREAMED);
    await putAll([a], "x", BYTES);
    await putAll([b], "x", OTHER);
    await putAll([c], "x", BYTES.subarray(0, 5000));
    a.body = { fault: "break", at: 2500 };
    const error = await failureOf(bytesOf(store, "x"));
    expect(error).toMatchObject({ code: "UNAVAILABLE", operation: "read", path: "x" });
    expect((error.cause as ReplicaErrors).replicas).toEqual({ a: "UNAVAILABLE", b: "INTEGRITY", c: "INTEGRITY" });
    expect(open()).toEqual([0, 0, 0]);
  });

  it("withholds the last bytes of a body that turns out corrupt", async () => {
    const { a, b, c, store, open } = failover(STREAMED);
    await putAll([a, b, c], ADDRESSED, BYTES);
    a.body = { fault: "flip", at: 10 };
    let given = 0;
    const reading = (async () => {
      for await (const chunk of await store.read(ADDRESSED)) given += chunk.byteLength;
    })();
    const error = await failureOf(reading);
    expect(error.code).toBe("UNAVAILABLE");
    expect((error.cause as ReplicaErrors).replicas).toEqual({ a: "INTEGRITY", b: "INTEGRITY", c: "INTEGRITY" });
    expect(given).toBeLessThan(BYTES.byteLength);
    expect(open()).toEqual([0, 0, 0]);
  });

  it("leaves no body open that its reader leaves, cancels or aborts", async () => {
    const { a, store, open } = failover(STREAMED);
    await putAll([a], "x", BYTES);
    await (await store.read("x")).cancel();
    expect(open()).toEqual([0, 0, 0]);
    for await (const chunk of await store.read("x")) {
      expect(chunk.byteLength).toBe(1000);
      break;
    }
    expect(open()).toEqual([0, 0, 0]);
    a.body = { fault: "hang", at: 2000 };
    const controller = new AbortController();
    const reading = failureOf((await store.read("x", { signal: controller.signal })).bytes());
    await turn();
    controller.abort("enough");
    expect(await reading).toMatchObject({ code: "ABORTED", cause: "enough" });
  });

  it("gives each chunk the time of an attempt", async () => {
    const clock = new FakeClock();
    const { a, b, store } = failover({ ...STREAMED, attemptTimeout: 100, clock });
    await putAll([a, b], "x", BYTES);
    a.body = { fault: "hang", at: 2000 };
    const reading = bytesOf(store, "x");
    await clock.advance(100);
    expect(Buffer.from(await reading).equals(BYTES)).toBe(true);
    expect(clock.pending).toBe(0);
    // A reader that takes its time is none of its business.
    a.body = undefined;
    const result = await store.read("x");
    await clock.advance(1000);
    expect((await result.bytes()).byteLength).toBe(5500);
  });

  it("gives the right bytes or an error, whatever the copies do", async () => {
    const fault = fc.record({
      fault: fc.constantFrom<BodyFault["fault"]>("truncate", "flip", "break", "extend"),
      at: fc.nat(5600),
    });
    const body = fc.option(fault, { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.tuple(body, body, body), fc.constantFrom(0, 2000, 8000), async (bodies, maxBufferSize) => {
        const { copies, store, open } = failover({ maxBufferSize });
        const stores: CopyStore[] = Object.values(copies);
        await putAll(stores, ADDRESSED, BYTES);
        stores.forEach((copy, i) => (copy.body = bodies[i]));
        const bytes = await bytesOf(store, ADDRESSED).catch(() => undefined);
        if (bytes !== undefined) expect(Buffer.from(bytes).equals(BYTES)).toBe(true);
        // Held in memory, one good copy is enough.
        if (maxBufferSize === 8000 && bodies.includes(undefined)) expect(bytes).toBeDefined();
        expect(open()).toEqual([0, 0, 0]);
      }),
      { numRuns: 150 },
    );
  });

  it("reads a text of one chunk over a bound of one byte", async () => {
    const { a, store } = failover({ maxBufferSize: 1 });
    await putAll([a], "x", "content");
    expect(await textOf(store, "x")).toBe("content");
  });
});

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  for (let i = 0; i < bytes.byteLength; i += 700) yield await Promise.resolve(bytes.subarray(i, i + 700));
}
