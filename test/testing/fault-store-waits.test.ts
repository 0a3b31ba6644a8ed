import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { CallOptions, Store } from "../../src/store/store.js";
import { FakeClock, FaultStore, type FaultOperation, type FaultRule } from "../../src/testing/index.js";
import { failureOf } from "../support/failure.js";
import { turn } from "../support/turn.js";
import { chunks, pathsOf } from "./fault-calls.js";

type Call = (store: Store, options?: CallOptions) => Promise<unknown>;

/** Each verb that takes a signal. */
const CALLS = {
  write: (store, options) => store.write("b", "new", options),
  read: async (store, options) => (await store.read("a", options)).bytes(),
  stat: (store, options) => store.stat("a", options),
  delete: (store, options) => store.delete("a", options),
  copy: (store, options) => store.copy("a", "b", options),
  list: (store, options) => pathsOf(store, options),
} satisfies Partial<Record<FaultOperation, Call>>;

type Verb = keyof typeof CALLS;
const CASES = (Object.keys(CALLS) as Verb[]).flatMap((on) => {
  const moments = on === "read" ? (["before", "during", "after"] as const) : (["before", "after"] as const);
  return moments.map((when) => ({ on, when }));
});

async function struck(...faults: FaultRule[]): Promise<{ clock: FakeClock; store: FaultStore; inner: MemoryStore }> {
  const inner = new MemoryStore();
  await inner.write("a", "0123456789");
  const clock = new FakeClock();
  return { clock, inner, store: new FaultStore(inner, { seed: 1, faults, clock }) };
}

async function isSettled(call: Promise<unknown>): Promise<boolean> {
  let settled = false;
  call.then(
    () => (settled = true),
    () => (settled = true),
  );
  await turn();
  return settled;
}

describe.each(CASES)("FaultStore: $on waits $when its effect", ({ on, when }) => {
  it("for the delay, by the clock", async () => {
    const { clock, store } = await struck({ on, when, fault: { delay: 50 } });
    const call = (CALLS[on] as Call)(store);
    await clock.advance(49);
    expect(await isSettled(call)).toBe(false);
    await clock.advance(1);
    await call;
    expect(clock.pending).toBe(0);
    expect(store.injected).toMatchObject([{ kind: "delay", operation: on, when }]);
  });

  it.each([{ delay: 50 }, { hang: true }] as const)("%j until its signal fires", async (fault) => {
    const { clock, store } = await struck({ on, when, fault });
    const controller = new AbortController();
    const call = CALLS[on](store, { signal: controller.signal });
    expect(await isSettled(call)).toBe(false);
    const reason = new Error("given up");
    controller.abort(reason);
    expect(await failureOf(call)).toMatchObject({ code: "ABORTED", operation: on, cause: reason });
    expect(clock.pending).toBe(0);
  });

  it("for ever, without a timer", async () => {
    const { clock, store } = await struck({ on, when, fault: { hang: true } });
    const timers = process.getActiveResourcesInfo();
    const call = (CALLS[on] as Call)(store);
    await clock.advance(1e9);
    expect(await isSettled(call)).toBe(false);
    expect(process.getActiveResourcesInfo()).toEqual(timers);
  });
});

describe("FaultStore: what waits and is given up", () => {
  it("waits during a listing and during a streamed write, too", async () => {
    const { clock, store, inner } = await struck({ when: "during", fault: { delay: 10 } });
    for (let i = 0; i < 8; i++) await inner.write(`a${i}`, "x");
    const listing = pathsOf(store);
    const writing = store.write("b", chunks("one", "two"));
    expect(await isSettled(listing)).toBe(false);
    expect(await isSettled(writing)).toBe(false);
    await clock.advance(10);
    await Promise.all([listing, writing]);
    expect(store.injected.map(({ operation }) => operation).sort()).toEqual(["list", "write"]);
  });

  it("gives a hanging body back to a reader who cancels it", async () => {
    const { store } = await struck({ on: "read", when: "during", fault: { hang: true } });
    const result = await store.read("a");
    const reading = result.bytes();
    expect(await isSettled(reading)).toBe(false);
    await result.cancel();
    expect(await isSettled(reading)).toBe(true);
  });

  it("gives a hanging listing back to a reader who leaves it", async () => {
    const { store } = await struck({ on: "list", fault: { hang: true } });
    const iterator = store.list("")[Symbol.asyncIterator]();
    const pending = iterator.next();
    expect(await isSettled(pending)).toBe(false);
    await iterator.return();
    expect(await isSettled(pending)).toBe(true);
  });

  it("has written nothing when a write is given up before, and everything when after", async () => {
    for (const when of ["before", "after"] as const) {
      const { store, inner } = await struck({ on: "write", when, fault: { hang: true } });
      const controller = new AbortController();
      const call = store.write("b", "new", { signal: controller.signal });
      await turn();
      controller.abort();
      expect((await failureOf(call)).code).toBe("ABORTED");
      expect((await inner.stat("b")) !== undefined).toBe(when === "after");
    }
  });

  it("waits through several delays, one after the other, and then fails", async () => {
    const { clock, store } = await struck(
      { fault: { delay: 10 } },
      { fault: { delay: 5 } },
      { fault: { error: "TIMEOUT" } },
    );
    const call = store.stat("a");
    await clock.advance(14);
    expect(await isSettled(call)).toBe(false);
    await clock.advance(1);
    expect((await failureOf(call)).code).toBe("TIMEOUT");
    expect(store.injected).toHaveLength(3);
  });
});
