import { getEventListeners } from "node:events";
import { isStorageError } from "../../../src/errors/error.js";
import type { StorageEvent } from "../../../src/observe/event.js";
import {
  MemoryUsageCounter,
  withCircuitBreaker,
  withConcurrencyLimit,
  withPrefix,
  withRetry,
  withTimeout,
  withUsageLimits,
} from "../../../src/store/layers/index.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { Store } from "../../../src/store/store.js";
import { FakeClock, FaultStore, type FaultRule } from "../../../src/testing/index.js";
import { failureOf } from "../../support/failure.js";
import { RecordingStore } from "../../support/recording-store.js";
import { pathsOf, textOf } from "../drivers/file/file-roots.js";
import { recommendedStack } from "./recommended-stack.js";

const START = Date.UTC(2026, 10, 21);

function stacked(faults: FaultRule[], seed = 1) {
  const clock = new FakeClock(START);
  const events: StorageEvent[] = [];
  const counter = new MemoryUsageCounter();
  const memory = new MemoryStore();
  const faulty = new FaultStore(memory, { seed, faults, clock });
  const below = new RecordingStore(faulty);
  const observer = (event: StorageEvent) => void events.push(event);
  const requests = () => counter.total("2026-11", "requests");
  return { clock, events, memory, faulty, below, requests, ...recommendedStack(below, { clock, counter, observer }) };
}

/** Lets the time pass until the call has settled. */
async function settled<T>(clock: FakeClock, call: Promise<T>): Promise<T> {
  const state = { settled: false };
  const end = (): void => void (state.settled = true);
  call.then(end, end);
  for (let i = 0; i < 1000 && !state.settled; i++) await clock.advance(500);
  expect(state.settled).toBe(true);
  return call;
}

describe("A layer", () => {
  const layers: [string, (store: Store) => Store][] = [
    ["withRetry", (store) => withRetry(store)],
    ["withTimeout", (store) => withTimeout(store, { timeout: 1 })],
    ["withConcurrencyLimit", (store) => withConcurrencyLimit(store, { limit: 1 })],
    ["withCircuitBreaker", (store) => withCircuitBreaker(store)],
    ["withUsageLimits", (store) => withUsageLimits(store)],
    ["withPrefix", (store) => withPrefix(store, "p")],
  ];
  it.each(layers)("%s refuses what is no store", (name, over) => {
    const refusal: unknown = expect.objectContaining({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(name) as string,
    });
    for (const wrong of [undefined, null, {}, "s3"]) expect(() => over(wrong as never)).toThrow(refusal as Error);
  });
});

describe("the layers in the recommended order", () => {
  it("get over an attempt that hangs and one that fails, and count each", async () => {
    const { store, clock, memory, events, requests } = stacked([
      { on: "write", calls: [1], fault: { hang: true } },
      { on: "write", calls: [2], fault: { lostAcknowledgement: true } },
    ]);
    await settled(clock, store.write("a", "content", { ifNoneMatch: "*" }));
    expect(await textOf(memory, "tenants/42/a")).toBe("content");
    expect(events.map(({ operation, code }) => [operation, code])).toEqual([
      ["retry", "TIMEOUT"],
      ["retry", "UNAVAILABLE"],
    ]);
    expect(requests()).toBe(4); // three writes, and the read that shows whose object it is
    expect(clock.pending).toBe(0);
  });

  it("hold no slot while they wait to try again", async () => {
    const { store, clock, breaker } = stacked([{ on: "stat", path: /down/, fault: { error: "THROTTLED" } }]);
    const failures = Array.from({ length: 20 }, () => failureOf(store.stat("down")));
    await clock.advance(0);
    expect(clock.pending).toBe(20); // all of them wait, none for a slot
    await store.write("a", "content");
    expect(await textOf(store, "a")).toBe("content");
    await settled(clock, Promise.all(failures));
    expect(breaker.state).toBe("closed");
  });

  it("do not let a queue go on to a store that is down", async () => {
    const { store, clock, below, breaker, requests } = stacked([{ fault: { hang: true } }]);
    const failures = Array.from({ length: 200 }, (_, i) => failureOf(store.stat(`${i}`)));
    await clock.advance(5000);
    const asked = below.calls.length;
    // Five failures, and those under way when the fifth came; then one probe at a time.
    expect(asked).toBeLessThanOrEqual(5 + 3 + 2);
    expect(requests()).toBe(asked); // what is refused costs nothing
    expect(breaker.state).not.toBe("closed");
    for (const error of await settled(clock, Promise.all(failures))) expect(error.retryable).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("come back with the store", async () => {
    const { store, clock, faulty, breaker } = stacked([{ fault: { error: "UNAVAILABLE" } }]);
    for (let i = 0; i < 5; i++) await settled(clock, failureOf(store.stat("a")));
    expect(breaker.state).not.toBe("closed");
    faulty.active = false;
    await clock.advance(2000);
    await store.write("a", "content");
    expect(breaker.state).toBe("closed");
  });

  it("are not tried again, nor tripped, by what is not there or over a limit", async () => {
    const { store, below, breaker, clock } = stacked([]);
    for (let i = 0; i < 20; i++) expect((await failureOf(store.read("missing"))).code).toBe("NOT_FOUND");
    expect(below.paths("read")).toHaveLength(20);
    expect([breaker.state, clock.pending]).toEqual(["closed", 0]);
  });

  it("leave an aborted call at once, wherever it is, and nothing on its signal", async () => {
    for (const fault of [{ hang: true }, { error: "UNAVAILABLE" }] as const) {
      const { store, clock, below } = stacked([{ fault }]);
      const controller = new AbortController();
      const { signal } = controller;
      // Some of them are under way, some wait for a slot or for their next attempt.
      const calls = Array.from({ length: 30 }, (_, i) =>
        failureOf(i % 2 === 0 ? store.read(`${i}`, { signal }) : store.write(`${i}`, "x", { signal })),
      );
      await clock.advance(10);
      controller.abort("given up");
      for (const error of await Promise.all(calls)) {
        if (error.code !== "UNAVAILABLE") expect(error).toMatchObject({ code: "ABORTED", cause: "given up" });
      }
      expect(below.calls.length).toBeGreaterThan(0);
      expect(getEventListeners(signal, "abort")).toEqual([]);
      expect(clock.pending).toBe(0);
    }
  });

  it.each([1, 2, 3])(
    "return no wrong bytes and lose no acknowledged write under faults of all kinds (seed %i)",
    async (seed) => {
      const rate = 0.06;
      const { store, clock, faulty, memory } = stacked(
        [
          { rate, fault: { error: "UNAVAILABLE" } },
          { rate, fault: { error: "THROTTLED" } },
          { rate, when: "after", fault: { error: "TIMEOUT" } },
          { rate, fault: { hang: true } },
          { rate, fault: { delay: 300 } },
          { rate, fault: { lostAcknowledgement: true } },
          { rate, fault: { truncate: true } },
          { rate, fault: { truncate: true, error: "UNAVAILABLE" } },
          { rate, fault: { partialList: true, error: "UNAVAILABLE" } },
        ],
        seed,
      );
      const model = new PossibleContents();
      let failed = 0;
      for (let i = 0; i < 700; i++) {
        const path = `p/${(i * 7) % 11}`;
        try {
          await settled(clock, step(store, model, path, i));
        } catch (error) {
          if (!isStorageError(error) || !error.retryable) throw error;
          failed++;
        }
        if (i % 50 === 0) await clock.advance(10_000); // lets an open circuit close again
      }
      expect(faulty.injected.length).toBeGreaterThan(200);
      expect(failed).toBeLessThan(300);
      faulty.active = false;
      await clock.advance(10_000);
      for (const [path, contents] of model.all()) {
        const info = await memory.stat(`tenants/42/${path}`);
        expect(contents).toContain(info && (await textOf(store, path)));
      }
      expect((await pathsOf(store)).length).toBe((await pathsOf(memory)).length);
      // No slot and no timer is left behind.
      await Promise.all(Array.from({ length: 4 }, () => store.stat("p/1")));
      expect(clock.pending).toBe(0);
    },
  );
});

/** What may lie at each path: one content, or several after a write or delete of which nobody knows. */
class PossibleContents {
  private readonly contents = new Map<string, (string | undefined)[]>();

  of(path: string): readonly (string | undefined)[] {
    return this.contents.get(path) ?? [undefined];
  }

  all(): Iterable<[string, (string | undefined)[]]> {
    return this.contents;
  }

  is(path: string, content: string | undefined): void {
    this.contents.set(path, [content]);
  }

  mayBe(path: string, content: string | undefined): void {
    this.contents.set(path, [...this.of(path), content]);
  }
}

async function step(store: Store, model: PossibleContents, path: string, i: number): Promise<void> {
  const content = `content ${i} `.repeat(1 + (i % 9));
  const change = async (call: () => Promise<unknown>, to: string | undefined): Promise<void> => {
    const before = model.of(path);
    model.mayBe(path, to);
    try {
      await call();
    } catch (error) {
      if (isStorageError(error, "ALREADY_EXISTS")) {
        expect(before).not.toEqual([undefined]);
        return;
      }
      throw error;
    }
    model.is(path, to);
  };
  switch (i % 6) {
    case 0:
      return change(() => store.write(path, content), content);
    case 1:
      return change(() => store.write(path, content, { ifNoneMatch: "*" }), content);
    case 2:
      return change(() => store.delete(path), undefined);
    case 3: {
      const listed = await pathsOf(store, "p/");
      expect(listed).toEqual([...new Set(listed)].sort());
      for (const each of listed) expect(model.of(each)).not.toEqual([undefined]);
      return;
    }
    default: {
      const text = await textOf(store, path).catch((error: unknown) => {
        if (isStorageError(error, "NOT_FOUND")) return undefined;
        throw error;
      });
      expect(model.of(path)).toContain(text);
      model.is(path, text);
    }
  }
}
