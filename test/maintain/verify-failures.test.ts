import { getEventListeners } from "node:events";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { gzip } from "../../src/codecs/gzip.js";
import type { VerifyOptions } from "../../src/maintain/verify/report.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { Store } from "../../src/store/store.js";
import { failureOf } from "../support/failure.js";
import { HeldStore } from "../support/held-store.js";
import { putJsonPack } from "../support/packed.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { putJson, referenceTo, storedJson } from "../support/stored.js";
import { StuckStore } from "../support/stuck-store.js";
import { turn } from "../support/turn.js";

type Call = (manager: StorageManager, options?: VerifyOptions) => Promise<unknown>;

async function payloadCall(store: Store): Promise<Call> {
  const inner = await putJson(store, "inner");
  const payload = [await putJson(store, { inner }), ...(await putJsonPack(store, ["a", "b"]))];
  return (manager, options) => manager.verify(payload, options);
}

async function prefixCall(store: Store): Promise<Call> {
  const inner = await putJson(store, "inner", "inputs/s/inner.json");
  const outer = await putJson(store, { inner });
  const pack = await putJsonPack(store, ["a", "b"]);
  return (manager, options) => manager.verifyPrefix("outputs/", { ...options, payloads: [outer, pack] });
}

const SCENARIOS = [
  { name: "a payload", prepare: payloadCall, steps: 9 },
  // What payloads lead to: three objects; a listing of two, these two, and what a reference in one points at.
  { name: "a prefix", prepare: prefixCall, steps: 19 },
];
const EVERY_STEP = SCENARIOS.flatMap((scenario) =>
  Array.from({ length: scenario.steps }, (_, step) => ({ ...scenario, step })),
);

describe("an abort of a verification", () => {
  it.each(SCENARIOS)("is tried at every step of $name", async ({ prepare, steps }) => {
    const store = new RecordingStore();
    const call = await prepare(store.inner);
    await expect(call(new StorageManager({ store }))).resolves.toMatchObject({ ok: true });
    expect(store.calls.filter(({ operation }) => !["cancel", "return"].includes(operation))).toHaveLength(steps);
  });

  it.each(EVERY_STEP)("ends $name at once at step $step, and leaves nothing behind", async ({ prepare, step }) => {
    const inner = new MemoryStore();
    const call = await prepare(inner);
    const store = new StuckStore(step, inner);
    const controller = new AbortController();
    const pending = failureOf(call(new StorageManager({ store }), { signal: controller.signal }));
    const { operation, options } = await store.stuck;
    const reason = new Error("enough");
    controller.abort(reason);
    const late = Symbol("late");
    const outcome = await Promise.race([pending, turn().then(() => late)]);
    expect(outcome).toMatchObject({ code: "ABORTED", operation: "verify", cause: reason });
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    expect(options.signal?.aborted).toBe(true);
    const { cancelled } = store;
    store.finish(step % 2 ? new Error("too late") : undefined);
    await turn(); // an unhandled rejection would fail this test
    if (operation === "read" && step % 2 === 0) expect(store.cancelled).toBe(cancelled + 1);
  });

  it.each(SCENARIOS)("before it begins, leads to no call of $name", async ({ prepare }) => {
    const store = new RecordingStore();
    const call = await prepare(store.inner);
    const error = await failureOf(call(new StorageManager({ store }), { signal: AbortSignal.abort("no") }));
    expect(error).toMatchObject({ code: "ABORTED", cause: "no" });
    expect(store.calls).toEqual([]);
  });

  it("ends the wait for payloads that don't come, and closes their source", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const controller = new AbortController();
    let closed = 0;
    const payloads = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<unknown>>(() => undefined),
        return: async () => Promise.resolve({ done: true as const, value: closed++ }),
      }),
    };
    const pending = failureOf(manager.verifyPrefix("", { payloads, signal: controller.signal }));
    await turn();
    controller.abort("enough");
    expect(await pending).toMatchObject({ code: "ABORTED", cause: "enough" });
    expect(closed).toBe(1);
  });
});

describe("a store that hangs", () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate", "performance"] }));
  afterEach(() => jest.useRealTimers());

  it.each(EVERY_STEP)("is given up at step $step of $name after the timeout", async ({ prepare, step }) => {
    const inner = new MemoryStore();
    const call = await prepare(inner);
    const store = new StuckStore(step, inner);
    const pending = call(new StorageManager({ store }), { timeout: 1000 });
    const outcome = pending.then(
      (report) => ({ report }),
      (error: unknown) => ({ error }),
    );
    const { operation } = await store.stuck;
    for (let i = 0; i < 20; i++) await turn(); // all else is done
    jest.advanceTimersByTime(1000);
    if (operation === "entry") {
      expect(await outcome).toMatchObject({ error: { code: "TIMEOUT" } });
    } else {
      const { report } = (await outcome) as { report: { problems: { kind: string; error: unknown }[] } };
      expect(report).toMatchObject({ ok: false, missing: 0, corrupt: 0, orphaned: 0 });
      for (const problem of report.problems) {
        expect(problem).toMatchObject({ kind: "refused", error: { code: "TIMEOUT" } });
      }
    }
    expect(jest.getTimerCount()).toBe(0);
    store.finish(new Error("too late"));
    await turn();
  });
});

describe("the concurrency of a verification", () => {
  it.each([1, 3])("is never more than %d", async (concurrency) => {
    const inner = new MemoryStore();
    const references = await Promise.all(
      Array.from({ length: 12 }, (_, i) => putJson(inner, longText(`${i}`), `outputs/far/${i}`)),
    );
    const holders = await Promise.all(references.map((_, i) => putJson(inner, { i, references })));
    const calls: Call[] = [(manager) => manager.verify(holders), (manager) => manager.verifyPrefix("outputs/s/")];
    for (const call of calls) {
      const store = new HeldStore(["read", "stat"], inner);
      const manager = new StorageManager({ store, concurrency, codecs: [gzip()] });
      const pending = call(manager);
      let released = 0;
      let most = 0;
      let done = false;
      void pending.finally(() => (done = true)).catch(() => undefined);
      while (!(done as boolean)) {
        await turn();
        most = Math.max(most, store.waiting);
        while (released < store.held.length) store.held[released++]!.release();
      }
      expect(await pending).toMatchObject({ ok: true });
      expect(most).toBe(concurrency);
    }
  });
});

describe("a late answer", () => {
  it("of an object that was given up adds nothing to the report", async () => {
    const inner = new MemoryStore();
    await putJson(inner, { gone: referenceTo("outputs/gone", storedJson(1)) });
    const store = new HeldStore(["read"], inner);
    const told: unknown[] = [];
    const manager = new StorageManager({ store, timeout: 20 });
    const report = await manager.verifyPrefix("", { onProblem: (problem) => told.push(problem) });
    expect(report).toMatchObject({ refused: 1, missing: 0, references: 0 });
    store.held[0]!.release();
    await turn();
    expect(told).toHaveLength(1);
    expect(report).toMatchObject({ refused: 1, missing: 0, references: 0 });
  });
});
