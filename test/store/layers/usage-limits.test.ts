import { getEventListeners } from "node:events";
import { MemoryUsageCounter, withUsageLimits } from "../../../src/store/layers/index.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { CallOptions, Store } from "../../../src/store/store.js";
import { FakeClock } from "../../../src/testing/index.js";
import { failureOf } from "../../support/failure.js";
import { StuckStore } from "../../support/stuck-store.js";
import { turn } from "../../support/turn.js";
import { pathsOf, textOf } from "../drivers/file/file-roots.js";
import { storageError } from "../storage-error.js";
import { bytesOf, chunks, metered, MONTH, REFUSED } from "./metered-store.js";

const CALLS: Record<string, (store: Store, options?: CallOptions) => Promise<unknown>> = {
  write: (store, options) => store.write("a", "new", options),
  read: (store, options) => store.read("a", options),
  stat: (store, options) => store.stat("a", options),
  copy: (store, options) => store.copy("a", "b", options),
  list: (store, options) => store.list("", options)[Symbol.asyncIterator]().next(),
};

describe("withUsageLimits", () => {
  describe("requests", () => {
    it.each(Object.keys(CALLS))(
      "counts a %s, and refuses it without I/O when the limit is reached",
      async (operation) => {
        const { store, below, used, events } = await metered({ requests: 1 });
        await CALLS[operation]!(store);
        const before = below.calls.length;
        const error = await failureOf(CALLS[operation]!(store));
        expect(error).toMatchObject({ ...REFUSED, operation, store: "tapped" });
        expect(error.message).toContain("1 requests in 2026-11");
        expect(below.calls.slice(before).filter((call) => call.operation !== "return")).toEqual([]);
        expect(used("requests")).toBe(1);
        expect(events).toEqual([
          expect.objectContaining({
            operation: "usage_limit",
            code: "USAGE_LIMIT",
            outcome: "error",
            during: operation,
          }),
        ]);
      },
    );

    it.each([undefined, new AbortController().signal])("asks a counter that answers at once", async (signal) => {
      let left = 1;
      const counter = { reserve: () => left-- > 0, add: () => undefined } as never;
      const store = withUsageLimits(new MemoryStore(), { requests: 1, counter });
      await store.stat("a", { signal });
      expect(await failureOf(store.stat("a", { signal }))).toMatchObject(REFUSED);
    });

    it("always lets deletes pass, and counts none", async () => {
      const { store, memory, used } = await metered({ requests: 0, egressBytes: 0, ingressBytes: 0 });
      await store.delete("a");
      expect(await memory.stat("a")).toBeUndefined();
      expect(used("requests")).toBe(0);
    });

    it("counts no call that is refused for its arguments", async () => {
      const { store, used } = await metered({ requests: 5 });
      expect((await failureOf(store.stat("../a"))).code).toBe("INVALID_PATH");
      expect((await failureOf(store.presign("a", { method: "GET", expiresIn: 1 }))).code).toBe("UNSUPPORTED");
      expect(used("requests")).toBe(0);
    });

    it("counts a listing once for every 1,000 objects begun, and stops it midway", async () => {
      const { store, memory, used } = await metered({ requests: 3 });
      for (let i = 0; i < 1500; i++) await memory.write(`b/${i}`, "");
      expect(await pathsOf(store, "b/")).toHaveLength(1500);
      expect(used("requests")).toBe(2);
      const seen: string[] = [];
      const listing = (async () => {
        for await (const { path } of store.list("b/")) seen.push(path);
      })();
      expect(await failureOf(listing)).toMatchObject({ ...REFUSED, operation: "list" });
      expect(seen).toHaveLength(1000);
    });

    it("counts those that failed, and gives back those that another limit refused", async () => {
      const { store, used } = await metered({ requests: 10, ingressBytes: 2, egressBytes: 0 });
      expect((await failureOf(store.copy("missing", "b"))).code).toBe("NOT_FOUND");
      expect(used("requests")).toBe(1);
      expect(await failureOf(store.write("b", "345"))).toMatchObject(REFUSED);
      expect(await failureOf(store.read("a"))).toMatchObject(REFUSED);
      expect(used("requests")).toBe(1);
    });

    it("begins anew with the month, in UTC", async () => {
      const { store, clock, used } = await metered({ requests: 1 });
      await store.stat("a");
      expect(await failureOf(store.stat("a"))).toMatchObject(REFUSED);
      await clock.advance(60_000);
      await store.stat("a");
      expect([used("requests"), used("requests", "2026-12")]).toEqual([1, 1]);
    });
  });

  describe("bytes read", () => {
    it("are counted as they are read, and refused without I/O when none is left", async () => {
      const { store, below, used } = await metered({ egressBytes: 25 });
      expect(await bytesOf(store.read("a"))).toBe(10);
      expect(await bytesOf(store.read("a", { offset: 4, length: 3 }))).toBe(3);
      expect(await bytesOf(store.read("a", { offset: 8 }))).toBe(2);
      expect(await bytesOf(store.read("a", { offset: 50 }))).toBe(0);
      expect(await bytesOf(store.read("a"))).toBe(10);
      expect(used("egressBytes")).toBe(25);
      const before = below.calls.length;
      expect(await failureOf(store.read("a"))).toMatchObject({ ...REFUSED, operation: "read", path: "a" });
      expect(below.calls).toHaveLength(before);
    });

    it("are not read when the object has more than is left", async () => {
      const { store, below, used } = await metered({ egressBytes: 9 });
      expect(await failureOf(store.read("a"))).toMatchObject(REFUSED);
      expect(below.calls.map(({ operation }) => operation)).toEqual(["read", "cancel"]);
      expect(used("egressBytes")).toBe(0);
      expect(await bytesOf(store.read("a", { length: 9 }))).toBe(9);
    });

    it("are reserved, so that reads at a time can't exceed the limit", async () => {
      const { store, used } = await metered({ egressBytes: 35 });
      const results = await Promise.allSettled(Array.from({ length: 20 }, () => store.read("a")));
      const read = results.filter((result) => result.status === "fulfilled");
      expect(read.length).toBeGreaterThan(0);
      expect(used("egressBytes")).toBeLessThanOrEqual(35);
      for (const { value } of read) await value.bytes();
      expect(used("egressBytes")).toBe(read.length * 10);
    });

    it("are given back when the body is cancelled, left, aborted, or breaks off", async () => {
      const { store, used } = await metered({ egressBytes: 1000 }, [
        { on: "read", calls: [5], fault: { truncate: 4, error: "UNAVAILABLE" } },
      ]);
      await (await store.read("a")).cancel();
      expect(used("egressBytes")).toBe(0);
      const controller = new AbortController();
      await store.read("a", { signal: controller.signal });
      expect(used("egressBytes")).toBe(10);
      controller.abort();
      expect(used("egressBytes")).toBe(0);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
      for await (const chunk of await store.read("a")) {
        expect(chunk).toHaveLength(10);
        break;
      }
      expect(used("egressBytes")).toBe(10);
      expect((await failureOf(store.read("missing"))).code).toBe("NOT_FOUND");
      expect(used("egressBytes")).toBe(10);
      expect((await failureOf(bytesOf(store.read("a")))).code).toBe("UNAVAILABLE");
      expect(used("egressBytes")).toBe(14);
    });

    it("are given back to the month that they were taken from", async () => {
      const { store, clock, used } = await metered({ egressBytes: 1000 });
      const result = await store.read("a");
      await clock.advance(60_000);
      await result.cancel();
      expect([used("egressBytes"), used("egressBytes", "2026-12")]).toEqual([0, 0]);
    });

    it("are counted also where there are more than the store said", async () => {
      const { below, used, store } = await metered({ egressBytes: 1000 });
      const read = below.read.bind(below);
      below.read = async (path) => {
        const result = await read(path);
        return {
          ...result,
          info: { ...result.info, size: 3 },
          [Symbol.asyncIterator]: () => result[Symbol.asyncIterator](),
        };
      };
      expect(await bytesOf(store.read("a"))).toBe(10);
      expect(used("egressBytes")).toBe(10);
    });
  });

  describe("bytes written", () => {
    it("are refused without I/O when their number is known", async () => {
      const { store, below, used, memory } = await metered({ ingressBytes: 5 });
      await store.write("b", "ü1"); // three bytes
      expect(used("ingressBytes")).toBe(3);
      let pulled = false;
      async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
        pulled = true;
        yield await Promise.resolve(Buffer.from("345"));
      }
      for (const body of ["345", Buffer.from("345")])
        expect(await failureOf(store.write("c", body))).toMatchObject(REFUSED);
      expect(await failureOf(store.write("c", source(), { size: 3 }))).toMatchObject({
        ...REFUSED,
        operation: "write",
      });
      expect([pulled, below.paths("write"), used("ingressBytes")]).toEqual([false, ["b"], 3]);
      expect(await memory.stat("c")).toBeUndefined();
      await store.write("c", "45");
      expect(used("ingressBytes")).toBe(5);
    });

    it("of a stream of unknown size are stopped midway, with nothing half-written", async () => {
      const { store, memory, used } = await metered({ ingressBytes: 5 });
      await memory.write("b", "old");
      let closed = false;
      async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
        try {
          yield* chunks("123", "456");
        } finally {
          closed = true;
        }
      }
      const error = await failureOf(store.write("b", source()));
      expect(error).toMatchObject({ ...REFUSED, operation: "write", path: "b" });
      await turn();
      expect([await textOf(memory, "b"), closed, used("ingressBytes")]).toEqual(["old", true, 0]);
      await store.write("b", chunks("12", "", "345"));
      expect([await textOf(memory, "b"), used("ingressBytes")]).toEqual(["12345", 5]);
    });

    it("are given back when they were not taken, and kept where nobody knows", async () => {
      const { store, used } = await metered({ ingressBytes: 100 }, [
        { on: "write", calls: [3, 4], fault: { lostAcknowledgement: true } },
      ]);
      expect((await failureOf(store.write("a", "123", { ifNoneMatch: "*" }))).code).toBe("ALREADY_EXISTS");
      expect((await failureOf(store.write("b", chunks("123"), { digest: "sha256-none" }))).code).toBe("INTEGRITY");
      expect(used("ingressBytes")).toBe(0);
      expect((await failureOf(store.write("b", "123"))).code).toBe("UNAVAILABLE");
      expect((await failureOf(store.write("b", chunks("12", "34")))).code).toBe("UNAVAILABLE");
      expect(used("ingressBytes")).toBe(7);
    });

    it("hands on what the source itself does wrong", async () => {
      const { store, used } = await metered({ ingressBytes: 100 });
      const failing = (async function* () {
        yield* chunks("12");
        throw new Error("the source broke");
      })();
      expect(await failureOf(store.write("b", failing))).toMatchObject({ code: "UNEXPECTED", path: "b" });
      const texts = ["text"] as unknown as Uint8Array[];
      const wrong = (async function* () {
        for (const text of texts) yield await Promise.resolve(text);
      })();
      expect((await failureOf(store.write("b", wrong))).code).toBe("CONFIG_INVALID");
      expect(used("ingressBytes")).toBe(0);
    });
  });

  it("counts nothing of what has no limit", async () => {
    const { store, counter } = await metered({});
    await store.write("b", "123");
    await bytesOf(store.read("a"));
    await store.write("c", chunks("123"));
    for (const kind of ["requests", "egressBytes", "ingressBytes"] as const) expect(counter.total(MONTH, kind)).toBe(0);
  });

  it.each(Object.keys(CALLS))("gives up a %s whose store takes no notice of the abort", async (operation) => {
    const memory = new MemoryStore();
    await memory.write("a", "content");
    const stuck = new StuckStore(0, memory);
    const counter = new MemoryUsageCounter();
    const clock = new FakeClock(Date.UTC(2026, 10));
    const store = withUsageLimits(stuck, { egressBytes: 100, ingressBytes: 100, counter, clock });
    const controller = new AbortController();
    const failure = failureOf(CALLS[operation]!(store, { signal: controller.signal }));
    await stuck.stuck;
    controller.abort("given up");
    expect((await failure).code).toBe("ABORTED");
    stuck.finish();
    await turn();
    expect(stuck.cancelled).toBe(operation === "read" ? 1 : 0);
    expect([counter.total(MONTH, "egressBytes"), counter.total(MONTH, "ingressBytes")]).toEqual([0, 0]);
  });

  it("names every wrong option", () => {
    const options = {
      requests: -1,
      egressBytes: 0.5,
      ingressBytes: "1",
      counter: {},
      onCounterFailure: "x",
      clock: 1,
      observer: 1,
    };
    for (const name of Object.keys(options)) {
      const message = expect.stringContaining(name) as string;
      expect(() => withUsageLimits(new MemoryStore(), options as never)).toThrow(
        storageError({ code: "CONFIG_INVALID", message }),
      );
    }
  });
});
