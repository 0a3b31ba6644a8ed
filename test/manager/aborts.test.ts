import { getEventListeners } from "node:events";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { Store } from "../../src/store/store.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { put, putJson } from "../support/stored.js";
import { StuckStore } from "../support/stuck-store.js";
import { turn } from "../support/turn.js";

type Call = (manager: StorageManager, signal: AbortSignal | undefined) => Promise<unknown>;

interface Scenario {
  name: string;
  /** Store calls of it, each of which is made to hang in turn. */
  steps: number;
  /** Steps after which the call has returned, and what hangs is the body that it gave. */
  callSteps?: number;
  prepare: (store: Store) => Promise<Call>;
}

const SCENARIOS: Scenario[] = [
  {
    name: "dehydrate",
    steps: 3,
    prepare: async () => {
      const payload = { a: longText("a"), b: [longText("b"), longText("c")] };
      return Promise.resolve((manager, signal) => manager.dehydrate(payload, { signal, scope: "s" }));
    },
  },
  {
    name: "dehydrateInputs",
    steps: 1,
    prepare: async () => {
      return Promise.resolve((manager, signal) => manager.dehydrateInputs(longText("a"), { signal }));
    },
  },
  {
    name: "hydrate",
    // Two objects and one inside of them; for each its read, its chunk and the end of its body.
    steps: 9,
    prepare: async (store) => {
      const inner = await putJson(store, "inner");
      const value = [await putJson(store, { inner }), await putJson(store, "other")];
      return (manager, signal) => manager.hydrate(value, { signal });
    },
  },
  {
    name: "open, of a text",
    steps: 3,
    prepare: async (store) => {
      const reference = await putJson(store, "text");
      return async (manager, signal) => (await manager.open(reference, { signal })).bytes();
    },
  },
  {
    name: "open, of binary",
    steps: 3,
    callSteps: 1,
    prepare: async (store) => {
      const reference = await put(store, Buffer.from("bytes"), { contentType: "image/png" });
      return async (manager, signal) => (await manager.open(reference, { signal })).bytes();
    },
  },
  {
    name: "writeBlob",
    steps: 1,
    prepare: async () => Promise.resolve((manager, signal) => manager.writeBlob("blob", "text", { signal })),
  },
  {
    name: "readBlob",
    steps: 2,
    prepare: async (store) => {
      await store.write("blob", "text");
      return (manager, signal) => manager.readBlob("blob", { signal });
    },
  },
  {
    name: "list",
    steps: 3,
    prepare: async (store) => {
      await store.write("a/1", "");
      await store.write("a/2", "");
      return async (manager, signal) => {
        for await (const info of manager.list("a/", { signal })) expect(info.size).toBe(0);
      };
    },
  },
  {
    name: "delete",
    steps: 1,
    prepare: async () => Promise.resolve((manager, signal) => manager.delete("blob", { signal })),
  },
  {
    name: "release",
    // Both prefixes are listed: two objects and the end of the one, the end of the other; and two are deleted.
    steps: 6,
    prepare: async (store) => {
      await store.write("outputs/s/1", "");
      await store.write("outputs/s/2", "");
      return (manager, signal) => manager.release("s", { signal });
    },
  },
];

const everyStep = SCENARIOS.flatMap((scenario) =>
  Array.from({ length: scenario.steps }, (_, step) => ({ ...scenario, step })),
);

async function begin({ prepare, step }: (typeof everyStep)[number], signal: AbortSignal | undefined) {
  const inner = new MemoryStore();
  const call = await prepare(inner);
  const store = new StuckStore(step, inner);
  const manager = new StorageManager({ pack: false, store, timeout: 1000 });
  return { store, pending: failureOf(call(manager, signal)) };
}

/** Fails if the call does not end without anything else happening. */
async function promptly<T>(pending: Promise<T>): Promise<T> {
  const late = Symbol("late");
  const outcome = await Promise.race([pending, turn().then(() => late)]);
  expect(outcome).not.toBe(late);
  return outcome as T;
}

describe("an abort while the store hangs", () => {
  it.each(SCENARIOS)("is tried at every step of $name", async ({ prepare, steps }) => {
    const inner = new MemoryStore();
    const call = await prepare(inner);
    const store = new RecordingStore(inner);
    await call(new StorageManager({ pack: false, store }), undefined);
    const calls = store.calls.filter(({ operation }) => !["cancel", "return"].includes(operation));
    expect(calls).toHaveLength(steps);
  });

  it.each(everyStep)("ends $name at step $step at once, and leaves nothing behind", async (scenario) => {
    const controller = new AbortController();
    const reason = new Error("the user gave up");
    const { store, pending } = await begin(scenario, controller.signal);
    const { operation } = await store.stuck;
    controller.abort(reason);

    const error = await promptly(pending);
    expect(error).toMatchObject({ code: "ABORTED", retryable: false });
    expect(error.cause).toBe(reason);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);

    const { cancelled } = store;
    store.finish();
    await turn();
    if (operation === "read") expect(store.cancelled).toBe(cancelled + 1);
    if (operation === "chunk") expect(cancelled).toBeGreaterThan(0);
  });

  it.each(everyStep)("$name at step $step hears no failure that comes later", async (scenario) => {
    const controller = new AbortController();
    const { store, pending } = await begin(scenario, controller.signal);
    await store.stuck;
    controller.abort("enough");
    await expect(promptly(pending)).resolves.toMatchObject({ code: "ABORTED", cause: "enough" });
    store.finish(new Error("a failure that comes too late"));
    await turn(); // an unhandled rejection would fail this test
  });

  it.each(everyStep)("$name tells the store's own call at step $step", async (scenario) => {
    const controller = new AbortController();
    const { store, pending } = await begin(scenario, controller.signal);
    const { options } = await store.stuck;
    controller.abort();
    await pending;
    expect(options.signal?.aborted).toBe(true);
  });
});

describe("an abort before the call", () => {
  it.each(SCENARIOS)("ends $name without any store call", async ({ prepare }) => {
    const inner = new MemoryStore();
    const call = await prepare(inner);
    const store = new RecordingStore(inner);
    const signal = AbortSignal.abort("not even begun");
    const error = await failureOf(call(new StorageManager({ pack: false, store }), signal));
    expect(error).toMatchObject({ code: "ABORTED", cause: "not even begun" });
    expect(store.calls).toEqual([]);
  });

  it("ends a dehydration too that would store nothing", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const signal = AbortSignal.abort("not even begun");
    for (const options of [{ signal }, { signal, scope: "s" }, { signal, scope: "s" }]) {
      const error = await failureOf(manager.dehydrate({ small: true }, options));
      expect(error).toMatchObject({ code: "ABORTED", cause: "not even begun" });
    }
  });
});

describe("a call that succeeds", () => {
  it.each(SCENARIOS)("leaves no listener of $name on the signal, and no timer", async ({ prepare }) => {
    jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate", "performance"] });
    try {
      const store = new MemoryStore();
      const call = await prepare(store);
      const { signal } = new AbortController();
      await call(new StorageManager({ pack: false, store }), signal);
      expect(getEventListeners(signal, "abort")).toEqual([]);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe("a timeout while the store hangs", () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate", "performance"] }));
  afterEach(() => jest.useRealTimers());

  // The body that a call gave is read at the reader's own pace.
  const steps = everyStep.filter(({ step, callSteps }) => callSteps === undefined || step < callSteps);

  it.each(steps)("ends $name at step $step with TIMEOUT", async (scenario) => {
    const { store, pending } = await begin(scenario, undefined);
    const { options } = await store.stuck;
    jest.advanceTimersByTime(999);
    await turn();
    expect(options.signal?.aborted).not.toBe(true);
    jest.advanceTimersByTime(1);

    const error = await promptly(pending);
    expect(error).toMatchObject({ code: "TIMEOUT", retryable: true });
    expect(error.message).toContain("1000 ms");
    expect(options.signal?.aborted).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
    store.finish(new Error("a failure that comes too late"));
    await turn();
  });

  it("is the one of the call, where it has one", async () => {
    const store = new StuckStore(0);
    const manager = new StorageManager({ pack: false, store });
    const dehydration = failureOf(manager.dehydrate(longText("a"), { timeout: 5 }));
    await store.stuck;
    jest.advanceTimersByTime(5);
    expect(await promptly(dehydration)).toMatchObject({ code: "TIMEOUT" });

    const inner = new MemoryStore();
    const reference = await putJson(inner, "data");
    const stuck = new StuckStore(0, inner);
    const hydration = failureOf(new StorageManager({ pack: false, store: stuck }).hydrate(reference, { timeout: 7 }));
    await stuck.stuck;
    jest.advanceTimersByTime(6);
    await turn();
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1);
    expect(await promptly(hydration)).toMatchObject({ code: "TIMEOUT" });
  });

  it("is five minutes by default", async () => {
    const store = new StuckStore(0);
    const call = failureOf(new StorageManager({ pack: false, store }).dehydrate(longText("a")));
    await store.stuck;
    jest.advanceTimersByTime(299_999);
    await turn();
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1);
    expect(await promptly(call)).toMatchObject({ code: "TIMEOUT" });
  });
});
