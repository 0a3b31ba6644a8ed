import { StorageError, type StorageErrorCode } from "../../../src/errors/error.js";
import type { StorageEvent } from "../../../src/observe/event.js";
import { withCircuitBreaker, withRetry, withTimeout } from "../../../src/store/layers/index.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { CallOptions, Store } from "../../../src/store/store.js";
import { FakeClock, FaultStore, type FaultRule } from "../../../src/testing/index.js";
import { failureOf } from "../../support/failure.js";
import { HeldStore } from "../../support/held-store.js";
import { RecordingStore } from "../../support/recording-store.js";
import { StuckStore } from "../../support/stuck-store.js";
import { turn } from "../../support/turn.js";
import { pathsOf, textOf } from "../drivers/file/file-roots.js";
import { storageError } from "../storage-error.js";

const CALLS: Record<string, (store: Store, options?: CallOptions) => Promise<unknown>> = {
  write: (store, options) => store.write("a", "new", options),
  read: (store, options) => store.read("a", options),
  stat: (store, options) => store.stat("a", options),
  delete: (store, options) => store.delete("a", options),
  copy: (store, options) => store.copy("a", "b", options),
  list: (store, options) => store.list("", options)[Symbol.asyncIterator]().next(),
};

async function guarded(faults: FaultRule[] = [], failures = 3) {
  const clock = new FakeClock();
  const events: StorageEvent[] = [];
  const memory = new MemoryStore();
  await memory.write("a", "content");
  const faulty = new FaultStore(memory, { seed: 1, faults });
  const below = new RecordingStore(faulty);
  const observer = (event: StorageEvent) => events.push(event);
  return {
    clock,
    events,
    memory,
    below,
    faulty,
    store: withCircuitBreaker(below, { failures, resetAfter: 1000, clock, observer }),
  };
}

/** Opens the circuit of a store that is down, and lets the time pass after which it is tried again. */
async function halfOpen(below: HeldStore) {
  const clock = new FakeClock();
  const store = withCircuitBreaker(below, { failures: 1, resetAfter: 1000, clock });
  const failure = failureOf(store.stat("x"));
  await below.until(1);
  below.held[0]!.fail(new StorageError("UNAVAILABLE", "Down."));
  await failure;
  await clock.advance(1000);
  expect(store.state).toBe("open");
  return { store, clock };
}

describe("withCircuitBreaker", () => {
  it.each(Object.keys(CALLS))("refuses a %s without I/O while it is open", async (operation) => {
    const { store, below, events } = await guarded([{ fault: { error: "TIMEOUT" } }]);
    for (let i = 0; i < 3; i++) await failureOf(store.stat("a"));
    expect(store.state).toBe("open");
    const before = below.calls.filter(({ operation }) => operation !== "return").length;
    expect(await failureOf(CALLS[operation]!(store))).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      operation,
    });
    expect(below.calls.filter(({ operation }) => operation !== "return")).toHaveLength(before);
    expect(events.map(({ operation, code }) => [operation, code])).toEqual([["circuit_open", "TIMEOUT"]]);
  });

  it.each(Object.keys(CALLS))(
    "is opened by %s calls that find the store unavailable, and closed by one that does not",
    async (operation) => {
      const { store, clock, faulty, events } = await guarded([{ fault: { error: "UNAVAILABLE" } }]);
      for (let i = 0; i < 3; i++) expect((await failureOf(CALLS[operation]!(store))).code).toBe("UNAVAILABLE");
      expect(store.state).toBe("open");
      faulty.active = false;
      await clock.advance(1000);
      await CALLS[operation]!(store);
      expect(store.state).toBe("closed");
      expect(events.map((event) => event.operation)).toEqual(["circuit_open", "circuit_half_open", "circuit_close"]);
    },
  );

  it.each<StorageErrorCode>([
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PRECONDITION_FAILED",
    "PERMISSION_DENIED",
    "THROTTLED",
    "USAGE_LIMIT",
    "UNEXPECTED",
    "INTEGRITY",
  ])("is never tripped by %s", async (code) => {
    const { store, events } = await guarded([{ fault: { error: code } }], 1);
    for (let i = 0; i < 20; i++) expect((await failureOf(store.read("missing"))).code).toBe(code);
    expect([store.state, events]).toEqual(["closed", []]);
  });

  it("is never tripped by missing objects (breakers tripped by 404s)", async () => {
    const { store } = await guarded([], 1);
    for (let i = 0; i < 20; i++) {
      expect((await failureOf(store.read("missing"))).code).toBe("NOT_FOUND");
      expect((await failureOf(store.copy("missing", "b"))).code).toBe("NOT_FOUND");
      expect(await store.stat("missing")).toBeUndefined();
    }
    expect(store.state).toBe("closed");
  });

  it("is never tripped by bad input, nor by what the store does not support", async () => {
    const { store } = await guarded([], 1);
    expect((await failureOf(store.write("../a", ""))).code).toBe("INVALID_PATH");
    expect((await failureOf(store.write("a", 5 as never))).code).toBe("CONFIG_INVALID");
    expect((await failureOf(store.presign("a", { method: "GET", expiresIn: 1 }))).code).toBe("UNSUPPORTED");
    expect(store.state).toBe("closed");
  });

  it.each(Object.keys(CALLS))(
    "is never tripped by the caller's abort of a %s, whatever his reason",
    async (operation) => {
      for (const reason of ["given up", new StorageError("TIMEOUT", "The call took too long.")]) {
        const memory = new MemoryStore();
        await memory.write("a", "content");
        const stuck = new StuckStore(0, memory);
        const store = withCircuitBreaker(stuck, { failures: 1 });
        const controller = new AbortController();
        const failure = failureOf(CALLS[operation]!(store, { signal: controller.signal }));
        await stuck.stuck;
        controller.abort(reason);
        expect((await failure).code).toBe(typeof reason === "string" ? "ABORTED" : "TIMEOUT");
        expect(store.state).toBe("closed");
        stuck.finish(new StorageError("UNAVAILABLE", "Late."));
        await turn();
        expect(store.state).toBe("closed");
      }
    },
  );

  it("lets one probe through of many calls at a time", async () => {
    const below = new HeldStore(["stat"]);
    const { store } = await halfOpen(below);
    const outcomes = Promise.allSettled(Array.from({ length: 50 }, () => store.stat("a")));
    await below.until(2);
    await turn();
    expect(below.held).toHaveLength(2);
    below.held[1]!.release();
    expect((await outcomes).filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(store.state).toBe("closed");
  });

  it.each<[string, (held: HeldStore, controller: AbortController) => unknown]>([
    ["is aborted by its caller", (_, controller) => controller.abort()],
    [
      "ends with an error that says nothing",
      (held) => held.held[1]!.fail(new StorageError("INTEGRITY", "Other bytes.")),
    ],
    ["meets a bug", (held) => held.held[1]!.fail(new TypeError("a bug"))],
  ])("is not stuck half-open when the probe %s", async (_, end) => {
    const below = new HeldStore(["stat"]);
    const { store } = await halfOpen(below);
    const controller = new AbortController();
    const probe = store.stat("a", { signal: controller.signal }).catch(() => undefined);
    await below.until(2);
    end(below, controller);
    await probe;
    expect(store.state).toBe("half-open");
    const next = store.stat("a");
    await below.until(3);
    below.held[2]!.release();
    await next;
    expect(store.state).toBe("closed");
  });

  it("closes for a probe that finds nothing: the store has answered", async () => {
    const below = new HeldStore(["stat"]);
    const { store } = await halfOpen(below);
    expect((await failureOf(store.read("missing"))).code).toBe("NOT_FOUND");
    expect(store.state).toBe("closed");
  });

  it("counts bodies that break off, though each read was answered", async () => {
    const { store, events } = await guarded([{ on: "read", fault: { truncate: 3, error: "UNAVAILABLE" } }], 2);
    for (let i = 0; i < 2; i++) expect((await failureOf((await store.read("a")).bytes())).code).toBe("UNAVAILABLE");
    expect(store.state).toBe("open");
    expect(events[0]).toMatchObject({ operation: "circuit_open", during: "read" });
  });

  it("takes a body that is cancelled for nothing, and one that was read for a success", async () => {
    const { store } = await guarded([{ on: "stat", fault: { error: "UNAVAILABLE" } }], 2);
    await failureOf(store.stat("a"));
    await (await store.read("a")).cancel();
    await (await store.read("a")).bytes();
    await failureOf(store.stat("a"));
    expect(store.state).toBe("closed");
    await (await store.read("a")).cancel();
    await failureOf(store.stat("a"));
    expect(store.state).toBe("open");
  });

  it("counts listings that break off", async () => {
    const { store } = await guarded(
      [{ on: "list", calls: [2, 3], fault: { partialList: 0, error: "UNAVAILABLE" } }],
      2,
    );
    expect(await pathsOf(store)).toEqual(["a"]);
    for (let i = 0; i < 2; i++) expect((await failureOf(pathsOf(store))).code).toBe("UNAVAILABLE");
    expect(store.state).toBe("open");
  });

  it("lets presign pass, which asks nobody", async () => {
    const { store, below } = await guarded([{ fault: { error: "UNAVAILABLE" } }], 1);
    Object.defineProperty(below, "capability", { value: { ...below.capability, presign: true } });
    below.presign = () => Promise.resolve("https://example.org/a");
    await failureOf(store.stat("a"));
    expect(store.state).toBe("open");
    expect(await store.presign("a", { method: "GET", expiresIn: 1 })).toBe("https://example.org/a");
  });

  it("is tried again by the retry above it, and counts the timeouts below it", async () => {
    const clock = new FakeClock();
    const memory = new MemoryStore();
    await memory.write("a", "content");
    const faulty = new FaultStore(memory, { faults: [{ on: "read", times: 1, fault: { hang: true } }], clock });
    const breaker = withCircuitBreaker(withTimeout(faulty, { timeout: 100, clock }), {
      failures: 1,
      resetAfter: 50,
      clock,
    });
    const store = withRetry(breaker, { clock, random: () => 1 });
    const text = textOf(store, "a");
    await clock.advance(100);
    expect(breaker.state).toBe("open");
    await clock.advance(100);
    expect(await text).toBe("content");
    expect(breaker.state).toBe("closed");
  });

  it("names every wrong option", () => {
    const options = { failures: 0, resetAfter: 0, clock: 1, observer: {}, halfOpen: 1 };
    for (const name of Object.keys(options)) {
      const message = expect.stringContaining(name) as string;
      expect(() => withCircuitBreaker(new MemoryStore(), options as never)).toThrow(
        storageError({ code: "CONFIG_INVALID", message }),
      );
    }
  });
});
