import { getEventListeners } from "node:events";
import { withTimeout } from "../../../src/store/layers/index.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { CallOptions, Store } from "../../../src/store/store.js";
import { FakeClock } from "../../../src/testing/index.js";
import { failureOf } from "../../support/failure.js";
import { HeldStore } from "../../support/held-store.js";
import { StuckStore } from "../../support/stuck-store.js";
import type { TappedOperation } from "../../support/tapped-store.js";
import { turn } from "../../support/turn.js";
import { pathsOf, textOf } from "../drivers/file/file-roots.js";
import { storageError } from "../storage-error.js";

const CALLS: Record<string, (store: Store, options: CallOptions) => Promise<unknown>> = {
  write: (store, options) => store.write("a", "new", options),
  read: (store, options) => store.read("a", options),
  stat: (store, options) => store.stat("a", options),
  delete: (store, options) => store.delete("a", options),
  copy: (store, options) => store.copy("a", "b", options),
  list: (store, options) => store.list("", options)[Symbol.asyncIterator]().next(),
};

/** A store that hangs at its n-th call and heeds no signal. */
async function stuckAt(hangsAt: number) {
  const memory = new MemoryStore();
  await memory.write("a", "content");
  const clock = new FakeClock();
  const stuck = new StuckStore(hangsAt, memory);
  return { memory, clock, stuck, store: withTimeout(stuck, { timeout: 1000, clock }) };
}

function held(...operations: TappedOperation[]) {
  const clock = new FakeClock();
  const below = new HeldStore(operations);
  return { clock, below, store: withTimeout(below, { timeout: 1000, clock }) };
}

describe("withTimeout", () => {
  it.each(Object.keys(CALLS))("ends a %s that hangs, whatever the store makes of its signal", async (operation) => {
    const { store, clock, stuck } = await stuckAt(0);
    const failure = failureOf(CALLS[operation]!(store, {}));
    const call = await stuck.stuck;
    await clock.advance(999);
    expect(call.options.signal?.aborted).toBe(false);
    await clock.advance(1);
    const error = await failure;
    expect(error).toMatchObject({ code: "TIMEOUT", retryable: true, operation, store: "tapped" });
    expect(error.message).toContain("1000 ms");
    expect(call.options.signal?.reason).toBe(error);
    expect(clock.pending).toBe(0);
  });

  it.each(Object.keys(CALLS))("leaves neither timer nor listener behind after a %s", async (operation) => {
    const { store, clock } = await stuckAt(99);
    const { signal } = new AbortController();
    await CALLS[operation]!(store, { signal });
    expect(clock.pending).toBe(0);
    if (operation === "read" || operation === "list") return; // still open
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it.each(Object.keys(CALLS))("hands the caller's abort of a %s on, at once", async (operation) => {
    const { store, clock, stuck } = await stuckAt(0);
    const controller = new AbortController();
    const failure = failureOf(CALLS[operation]!(store, { signal: controller.signal }));
    const call = await stuck.stuck;
    controller.abort("given up");
    expect(await failure).toMatchObject({ code: "ABORTED", cause: "given up", operation });
    expect(call.options.signal?.reason).toBe("given up");
    expect(clock.pending).toBe(0);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("throws away an answer to a read that comes too late, and hears no late error", async () => {
    for (const error of [undefined, new Error("late")]) {
      const { store, clock, stuck } = await stuckAt(0);
      const failure = failureOf(store.read("a"));
      await stuck.stuck;
      await clock.advance(1000);
      expect((await failure).code).toBe("TIMEOUT");
      stuck.finish(error);
      await turn();
      expect(stuck.cancelled).toBe(error === undefined ? 1 : 0);
    }
  });

  it("ends a presign that hangs", async () => {
    const { store, clock, stuck } = await stuckAt(99);
    const capability = { ...stuck.capability, presign: true };
    Object.defineProperty(stuck, "capability", { value: capability });
    stuck.presign = () => new Promise(() => undefined);
    const failure = failureOf(store.presign("a", { method: "GET", expiresIn: 60 }));
    await clock.advance(1000);
    expect(await failure).toMatchObject({ code: "TIMEOUT", operation: "presign" });
  });

  it("takes a time of its own for an operation", async () => {
    const below = new HeldStore(["write", "stat"]);
    const clock = new FakeClock();
    const store = withTimeout(below, { timeout: 100, timeouts: { write: 5000 }, clock });
    const [write, stat] = [failureOf(store.write("a", "b")), failureOf(store.stat("a"))];
    await clock.advance(100);
    expect((await stat).message).toContain("100 ms");
    expect(clock.pending).toBe(1);
    await clock.advance(4900);
    expect((await write).message).toContain("5000 ms");
  });

  describe("the body of a read", () => {
    it("times out when the store is silent while the reader waits", async () => {
      const { store, clock, stuck } = await stuckAt(1);
      const result = await store.read("a");
      const failure = failureOf(result.bytes());
      await stuck.stuck;
      await clock.advance(1000);
      expect(await failure).toMatchObject({ code: "TIMEOUT", operation: "read", path: "a" });
      await turn();
      expect(stuck.cancelled).toBe(1);
      expect(clock.pending).toBe(0);
    });

    it("does not time out for a slow reader", async () => {
      const { store, clock } = await stuckAt(99);
      const result = await store.read("a");
      await clock.advance(100_000);
      const chunks: Uint8Array[] = [];
      for await (const chunk of result) {
        chunks.push(chunk);
        await clock.advance(100_000);
      }
      expect(Buffer.concat(chunks).toString()).toBe("content");
    });

    it("begins anew with each chunk", async () => {
      const { store, clock, below } = held("chunk");
      await below.inner.write("a", "content");
      const bytes = (await store.read("a")).bytes();
      for (const step of [1, 2]) {
        await below.until(step);
        await clock.advance(900);
        below.held[step - 1]!.release();
        await turn();
      }
      expect(Buffer.from(await bytes).toString()).toBe("content");
      expect(clock.pending).toBe(0);
    });

    it("hears the caller's abort, and leaves nothing on his signal", async () => {
      const { store, clock, below } = held("chunk");
      await below.inner.write("a", "content");
      const controller = new AbortController();
      const failure = failureOf((await store.read("a", { signal: controller.signal })).bytes());
      await below.until(1);
      controller.abort("given up");
      expect((await failure).code).toBe("ABORTED");
      expect(clock.pending).toBe(0);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    });

    it("can be cancelled while a chunk hangs: at once, and the chunk is waited for no longer than ever", async () => {
      const { store, clock, below } = held("chunk", "cancel");
      await below.inner.write("a", "content");
      const result = await store.read("a");
      const chunk = result[Symbol.asyncIterator]().next();
      await below.until(1);
      await result.cancel();
      await clock.advance(1000);
      expect(await chunk).toEqual({ done: true, value: undefined });
      expect(below.held.map(({ operation }) => operation)).toEqual(["chunk", "cancel"]);
      expect(clock.pending).toBe(0);
    });

    it("leaves nothing on the caller's signal when it was read or cancelled", async () => {
      const { store } = await stuckAt(99);
      const { signal } = new AbortController();
      await (await store.read("a", { signal })).bytes();
      await (await store.read("a", { signal })).cancel();
      await turn();
      expect(getEventListeners(signal, "abort")).toEqual([]);
    });
  });

  describe("a write of a stream", () => {
    it("gives the source all the time that it needs", async () => {
      const { store, clock, memory } = await stuckAt(99);
      async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
        for (const text of ["con", "tent"]) {
          await clock.advance(50_000);
          yield Buffer.from(text);
        }
      }
      await store.write("a", source());
      expect(await textOf(memory, "a")).toBe("content");
      expect(clock.pending).toBe(0);
    });

    it("times out when the store asks for no more, and then sets no timer", async () => {
      const { store, clock, stuck } = await stuckAt(0);
      let closed = false;
      const source = {
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.resolve({ done: true as const, value: undefined }),
          return: () => Promise.resolve({ done: true as const, value: ((closed = true), undefined) }),
        }),
      };
      const failure = failureOf(store.write("a", source));
      await stuck.stuck;
      await clock.advance(1000);
      expect((await failure).code).toBe("TIMEOUT");
      expect(clock.pending).toBe(0);
      expect(closed).toBe(false); // it had ended by itself
    });

    it("sets no timer for a source that answers after the call is over", async () => {
      const { store, clock } = held();
      const controller = new AbortController();
      let answer: (step: IteratorResult<Uint8Array>) => void = () => undefined;
      const next = () => new Promise<IteratorResult<Uint8Array>>((resolve) => (answer = resolve));
      const source = { [Symbol.asyncIterator]: () => ({ next }) };
      const failure = failureOf(store.write("a", source, { signal: controller.signal }));
      await turn();
      controller.abort("given up");
      expect((await failure).code).toBe("ABORTED");
      answer({ done: false, value: Buffer.from("late") });
      await turn();
      expect(clock.pending).toBe(0);
    });
  });

  describe("a listing", () => {
    it("times each step, not what the reader does in between", async () => {
      const { store, clock, memory } = await stuckAt(99);
      await memory.write("b", "content");
      const paths: string[] = [];
      for await (const { path } of store.list("")) {
        paths.push(path);
        await clock.advance(100_000);
      }
      expect(paths).toEqual(["a", "b"]);
      expect(clock.pending).toBe(0);
    });

    it("ends at a step that hangs", async () => {
      const { store, clock, stuck } = await stuckAt(1);
      const { signal } = new AbortController();
      const failure = failureOf(
        (async () => {
          for await (const { path } of store.list("", { signal })) expect(path).toBe("a");
        })(),
      );
      await stuck.stuck;
      await clock.advance(1000);
      expect(await failure).toMatchObject({ code: "TIMEOUT", operation: "list" });
      expect(getEventListeners(signal, "abort")).toEqual([]);
    });

    it("lists all", async () => {
      const { store } = await stuckAt(99);
      expect(await pathsOf(store)).toEqual(["a"]);
    });
  });

  it("names every wrong option", () => {
    const wrong = [{}, { timeout: 0 }, { timeout: "1s" }, { timeout: 2 ** 31 }, { timeout: 1, timeouts: { flush: 1 } }];
    for (const options of wrong) {
      const message = expect.stringContaining("timeout") as string;
      expect(() => withTimeout(new MemoryStore(), options as never)).toThrow(
        storageError({ code: "CONFIG_INVALID", message }),
      );
    }
  });
});
