import fc from "fast-check";
import { withRetry } from "../../../src/store/layers/index.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { Capability } from "../../../src/store/capability.js";
import type { ReadOptions, ReadResult } from "../../../src/store/store.js";
import { FakeClock, FaultStore, type FaultRule } from "../../../src/testing/index.js";
import { failureOf } from "../../support/failure.js";
import { RecordingStore } from "../../support/recording-store.js";
import { StuckStore } from "../../support/stuck-store.js";
import { turn } from "../../support/turn.js";

const CONTENT = "0123456789";

async function retrying(faults: FaultRule[], capability: Partial<Capability> = {}) {
  const clock = new FakeClock();
  const memory = new MemoryStore();
  const written = await memory.write("a", CONTENT);
  const below = new RecordingStore(new FaultStore(memory, { seed: 1, faults }), capability);
  return { clock, memory, below, written, store: withRetry(below, { clock, random: () => 1 }) };
}

async function text(result: Promise<ReadResult>): Promise<string> {
  return Buffer.from(await (await result).bytes()).toString();
}

function broken(at: number, calls = [1]): FaultRule {
  return { on: "read", calls, fault: { truncate: at, error: "UNAVAILABLE" } };
}

describe("a body that breaks off under withRetry", () => {
  it("is read on from there, by a range", async () => {
    const { store, clock, below, written } = await retrying([broken(4)]);
    const reading = store.read("a");
    const body = text(reading);
    await clock.advance(100);
    expect(await body).toBe(CONTENT);
    expect((await reading).info).toEqual(written);
    const reads = below.calls.filter(({ operation }) => operation === "read");
    expect(reads.map(({ options }) => options.offset)).toEqual([undefined, 4]);
  });

  it("is not read on in an object of another size, whatever its etag says", async () => {
    const clock = new FakeClock();
    const memory = new MemoryStore();
    const { etag } = await memory.write("a", CONTENT);
    const faulty = new FaultStore(memory, { seed: 1, faults: [broken(4)] });
    const read = faulty.read.bind(faulty);
    faulty.read = async (path, options) => {
      const result = await read(path, options);
      await memory.write("a", "other content");
      return { ...result, info: { ...result.info, etag: etag! } };
    };
    const body = failureOf(text(withRetry(faulty, { clock, random: () => 1 }).read("a")));
    await clock.advance(100);
    expect(await body).toMatchObject({ code: "UNAVAILABLE" });
  });

  it("is read on within the range that was asked for", async () => {
    const { store, clock, below } = await retrying([broken(3), broken(1, [2])]);
    const body = text(store.read("a", { offset: 2, length: 6 }));
    await clock.advance(200);
    expect(await body).toBe("234567");
    const reads = below.calls.filter(({ operation }) => operation === "read");
    expect(reads.map(({ options: { offset, length } }) => [offset, length])).toEqual([
      [2, 6],
      [5, 3],
      [6, 2],
    ]);
  });

  it("is read on when it ends early without a word", async () => {
    const { store, clock } = await retrying([{ on: "read", calls: [1], fault: { truncate: 7 } }]);
    const body = text(store.read("a"));
    await clock.advance(100);
    expect(await body).toBe(CONTENT);
  });

  it("is no shorter than the store said, where it can't be read on", async () => {
    const { store, clock } = await retrying([{ on: "read", fault: { truncate: 0 } }]);
    const failure = failureOf(text(store.read("a")));
    await clock.advance(10_000);
    expect(await failure).toMatchObject({ code: "UNAVAILABLE", operation: "read", path: "a" });
  });

  it("is not read on in another version of the object", async () => {
    const { store, clock, memory, below } = await retrying([broken(4)]);
    const result = await store.read("a");
    await memory.write("a", "ABCDEFGHIJ");
    const failure = failureOf(result.bytes());
    await clock.advance(100);
    expect((await failure).code).toBe("UNAVAILABLE");
    expect(below.paths("cancel").length).toBeGreaterThan(0);
    await expect(result.bytes()).rejects.toMatchObject({ code: "UNEXPECTED" });
  });

  it("fails as it broke off when the object is gone", async () => {
    const { store, clock, memory } = await retrying([broken(4)]);
    const result = await store.read("a");
    await memory.delete("a");
    const failure = failureOf(result.bytes());
    await clock.advance(100);
    expect((await failure).code).toBe("UNAVAILABLE");
  });

  it("is not read on where the store reads no ranges, unless nothing had come", async () => {
    const midway = await retrying([broken(4)], { rangeRead: false });
    expect((await failureOf(text(midway.store.read("a")))).code).toBe("UNAVAILABLE");
    const unread = await retrying([broken(0)], { rangeRead: false });
    const body = text(unread.store.read("a"));
    await unread.clock.advance(100);
    expect(await body).toBe(CONTENT);
  });

  it("is not read on where the store gives no etags", async () => {
    const { below, clock } = await retrying([broken(4)]);
    const read = below.read.bind(below);
    below.read = async (path: string, options?: ReadOptions) => {
      const result = await read(path, options);
      const { etag, ...info } = result.info;
      expect(etag).toBeDefined();
      return { ...result, info };
    };
    expect((await failureOf(text(withRetry(below, { clock }).read("a")))).code).toBe("UNAVAILABLE");
    expect(clock.pending).toBe(0);
  });

  it("is not read on when the failure is not retryable", async () => {
    const { store, clock } = await retrying([{ on: "read", fault: { truncate: 4, error: "INTEGRITY" } }]);
    expect((await failureOf(text(store.read("a")))).code).toBe("INTEGRITY");
    expect(clock.pending).toBe(0);
  });

  it("is given as many attempts again after each byte, and no more without one", async () => {
    const progress = await retrying([{ on: "read", fault: { truncate: 1, error: "UNAVAILABLE" } }]);
    const body = text(progress.store.read("a"));
    await progress.clock.advance(10_000);
    expect(await body).toBe(CONTENT);

    const none = await retrying([broken(4), { on: "read", calls: [2, 3, 4, 5, 6], fault: { error: "TIMEOUT" } }]);
    const failure = failureOf(text(none.store.read("a")));
    await none.clock.advance(10_000);
    expect((await failure).code).toBe("TIMEOUT");
    expect(none.below.paths("read")).toHaveLength(4);
  });

  it("is interrupted in a backoff by cancel() and by the signal", async () => {
    for (const way of ["cancel", "signal"] as const) {
      const { store, clock } = await retrying([broken(4)]);
      const controller = new AbortController();
      const result = await store.read("a", { signal: controller.signal });
      const iterator = result[Symbol.asyncIterator]();
      expect(Buffer.from((await iterator.next()).value as Uint8Array).toString()).toBe("0123");
      const next = iterator.next();
      next.catch(() => undefined);
      await turn();
      expect(clock.pending).toBe(1);
      if (way === "cancel") {
        await result.cancel();
        expect(await next).toEqual({ done: true, value: undefined });
      } else {
        controller.abort("given up");
        await expect(next).rejects.toMatchObject({ code: "ABORTED", cause: "given up" });
      }
      await turn();
      expect(clock.pending).toBe(0);
    }
  });

  it("throws away a rest that comes after it was given up", async () => {
    const memory = new MemoryStore();
    await memory.write("a", CONTENT);
    // The read, a chunk, a step that fails; then the second read hangs.
    const stuck = new StuckStore(3, new FaultStore(memory, { faults: [broken(4)] }));
    const clock = new FakeClock();
    const result = await withRetry(stuck, { clock, random: () => 0 }).read("a");
    const iterator = result[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    await clock.advance(0);
    expect((await stuck.stuck).operation).toBe("read");
    await result.cancel();
    expect((await next).done).toBe(true);
    const before = stuck.cancelled;
    stuck.finish();
    await turn();
    expect(stuck.cancelled).toBe(before + 1);
  });

  it("keeps its order for a reader who asks for several chunks at a time", async () => {
    const { store, clock } = await retrying([broken(4)]);
    const iterator = (await store.read("a"))[Symbol.asyncIterator]();
    const steps = [iterator.next(), iterator.next(), iterator.next()];
    await clock.advance(100);
    const [first, second, third] = await Promise.all(steps);
    expect(Buffer.concat([first!.value, second!.value] as Uint8Array[]).toString()).toBe(CONTENT);
    expect(third!.done).toBe(true);
  });

  it("gives every byte once and in order, wherever it breaks off", async () => {
    const breaks = fc.array(fc.record({ at: fc.nat(12), silent: fc.boolean() }), { maxLength: 3 });
    const range = fc.record({
      offset: fc.option(fc.nat(12), { nil: undefined }),
      length: fc.option(fc.nat(12), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(breaks, range, async (places, options) => {
        const faults = places.map(({ at, silent }, index): FaultRule => ({
          on: "read",
          calls: [index + 1],
          fault: silent ? { truncate: at } : { truncate: at, error: "UNAVAILABLE" },
        }));
        const { store, clock } = await retrying(faults);
        const body = text(store.read("a", options));
        await clock.advance(1000);
        const { offset = 0, length = 100 } = options;
        expect(await body).toBe(CONTENT.slice(offset, offset + length));
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
