import fc from "fast-check";
import { isStorageError } from "../../../src/errors/error.js";
import { MemoryUsageCounter, withUsageLimits, type UsageCounter } from "../../../src/store/layers/index.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import { FakeClock } from "../../../src/testing/index.js";
import { failureOf } from "../../support/failure.js";
import { turn } from "../../support/turn.js";
import { bytesOf, chunks, metered, MONTH, REFUSED } from "./metered-store.js";

describe("a counter of usage", () => {
  it("shares the limits of stores that share a counter", async () => {
    const counter = new MemoryUsageCounter();
    const [one, other] = [1, 2].map(() => withUsageLimits(new MemoryStore(), { requests: 1, counter }));
    await one!.stat("a");
    expect(await failureOf(other!.stat("a"))).toMatchObject(REFUSED);
    await withUsageLimits(new MemoryStore(), { requests: 1 }).stat("a");
  });

  describe("a counter that fails", () => {
    const broken: UsageCounter = {
      reserve: () => Promise.reject(new Error("the counter is gone")),
      add: () => {
        throw new Error("the counter is gone");
      },
    };

    it("lets calls pass by default, and tells of it", async () => {
      const { store, events } = await metered({ requests: 0, egressBytes: 0, ingressBytes: 0, counter: broken });
      expect(await bytesOf(store.read("a"))).toBe(10);
      await store.write("b", chunks("123"));
      await turn();
      expect(new Set(events.map(({ operation }) => operation))).toEqual(new Set(["usage_counter_fault"]));
    });

    it("refuses calls as UNAVAILABLE on request, without I/O", async () => {
      const { store, below } = await metered({ requests: 9, counter: broken, onCounterFailure: "refuse" });
      expect(await failureOf(store.read("a"))).toMatchObject({
        code: "UNAVAILABLE",
        retryable: true,
        operation: "read",
        cause: expect.objectContaining({ message: "the counter is gone" }) as Error,
      });
      expect(below.calls).toEqual([]);
      await store.delete("a");
    });

    it("stops a stream on request, and says why", async () => {
      const { store, memory } = await metered({ ingressBytes: 9, counter: broken, onCounterFailure: "refuse" });
      expect((await failureOf(store.write("b", chunks("1")))).message).toContain("counter");
      expect(await memory.stat("b")).toBeUndefined();
    });

    it("does not hold a call that is aborted, and gets back what it grants too late", async () => {
      const added: number[] = [];
      let grant: (granted: boolean) => void = () => undefined;
      const slow: UsageCounter = {
        reserve: () => new Promise((resolve) => (grant = resolve)),
        add: (_month, _kind, amount) => Promise.resolve(void added.push(amount)),
      };
      const { store, below } = await metered({ requests: 9, counter: slow });
      for (const granted of [true, false]) {
        const controller = new AbortController();
        const failure = failureOf(store.stat("a", { signal: controller.signal }));
        controller.abort("given up");
        expect(await failure).toMatchObject({ code: "ABORTED", cause: "given up" });
        grant(granted);
        await turn();
        expect(added).toEqual([-1]);
      }
      expect(below.calls).toEqual([]);
    });
  });

  it("never lets more pass than the limits, whatever comes in between", async () => {
    const call = fc.record({
      verb: fc.constantFrom("write", "stream", "read", "cancel", "stat"),
      size: fc.integer({ min: 0, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(call, { maxLength: 12 }), async (scheduler, calls) => {
        const limits = { requests: 8, egressBytes: 30, ingressBytes: 30 };
        const counter = new MemoryUsageCounter();
        // Another process over a network: it decides at once, but its answer takes as long as it likes.
        const remote: UsageCounter = {
          reserve: (...args) => scheduler.schedule(counter.reserve(...args)),
          add: (...args) => scheduler.schedule(counter.add(...args)),
        };
        const memory = new MemoryStore();
        for (let size = 0; size <= 12; size++) await memory.write(`${size}`, "x".repeat(size));
        const moved = { requests: 0, egressBytes: 0, ingressBytes: 0 };
        const store = withUsageLimits(memory, { ...limits, counter: remote, clock: new FakeClock(Date.UTC(2026, 10)) });
        const run = async ({ verb, size }: (typeof calls)[number], index: number): Promise<void> => {
          if (verb === "stat") await store.stat("a");
          else if (verb === "cancel") await (await store.read(`${size}`)).cancel();
          else if (verb === "read") {
            const bytes = await bytesOf(store.read(`${size}`)); // awaited first: others add to it meanwhile
            moved.egressBytes += bytes;
          } else {
            const body = "x".repeat(size);
            await store.write(`new/${index}`, verb === "write" ? body : chunks(body.slice(0, 5), body.slice(5)));
            moved.ingressBytes += size;
          }
          moved.requests++;
        };
        const all = Promise.allSettled(calls.map(run));
        await scheduler.waitFor(all);
        for (const result of await all) {
          if (result.status === "rejected") expect(isStorageError(result.reason, "USAGE_LIMIT")).toBe(true);
        }
        await scheduler.waitIdle();
        for (const kind of ["requests", "egressBytes", "ingressBytes"] as const) {
          expect(moved[kind]).toBeLessThanOrEqual(limits[kind]);
        }
        // What was moved is what was counted, and nothing else is left reserved.
        expect(counter.total(MONTH, "ingressBytes")).toBe(moved.ingressBytes);
        expect(counter.total(MONTH, "egressBytes")).toBe(moved.egressBytes);
      }),
      { numRuns: 200 },
    );
  });
});
