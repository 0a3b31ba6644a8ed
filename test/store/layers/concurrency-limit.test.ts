import { getEventListeners } from "node:events";
import { StorageError } from "../../../src/errors/error.js";
import { withConcurrencyLimit } from "../../../src/store/layers/index.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { CallOptions, ReadResult, Store } from "../../../src/store/store.js";
import { failureOf } from "../../support/failure.js";
import { HeldStore } from "../../support/held-store.js";
import { RecordingStore } from "../../support/recording-store.js";
import { StuckStore } from "../../support/stuck-store.js";
import { turn } from "../../support/turn.js";
import { pathsOf } from "../drivers/file/file-roots.js";
import { storageError } from "../storage-error.js";

const CALLS: Record<string, (store: Store, options: CallOptions) => Promise<unknown>> = {
  write: (store, options) => store.write("a", "new", options),
  read: (store, options) => store.read("a", options),
  stat: (store, options) => store.stat("a", options),
  delete: (store, options) => store.delete("a", options),
  copy: (store, options) => store.copy("a", "b", options),
  entry: (store, options) => store.list("", options)[Symbol.asyncIterator]().next(),
};

/** Whether no slot of a limit of one is held: a call goes straight through. */
async function isFree(store: Store): Promise<boolean> {
  const controller = new AbortController();
  const call = store.stat("free", { signal: controller.signal }).then(
    () => true,
    () => false,
  );
  await turn();
  controller.abort();
  return call;
}

async function limited(limit = 1) {
  const memory = new MemoryStore();
  await memory.write("a", "content");
  const below = new RecordingStore(memory);
  return { memory, below, store: withConcurrencyLimit(below, { limit }) };
}

describe("withConcurrencyLimit", () => {
  it("lets no more calls be under way than its limit", async () => {
    const below = new HeldStore(["write", "stat", "delete"]);
    const store = withConcurrencyLimit(below, { limit: 3 });
    const calls = Array.from({ length: 12 }, (_, i) => [store.write(`${i}`, ""), store.stat("a"), store.delete("a")]);
    for (let done = 0; done < 36; done++) {
      await below.until(Math.min(done + 3, 36));
      await turn();
      expect(below.waiting).toBe(Math.min(3, 36 - done));
      const call = below.held[done]!;
      if (done % 5 === 0) call.fail(new StorageError("UNAVAILABLE", "Down."));
      else call.release();
    }
    await Promise.allSettled(calls.flat());
    expect(await isFree(withConcurrencyLimit(below.inner, { limit: 1 }))).toBe(true);
  });

  it.each(Object.keys(CALLS))("gives the slot of a %s that fails back", async (operation) => {
    const below = new HeldStore([operation as "write"]);
    const store = withConcurrencyLimit(below, { limit: 1 });
    const failures = [1, 2].map(() => failureOf(CALLS[operation]!(store, {})));
    await below.until(1);
    await turn();
    expect(below.held).toHaveLength(1);
    below.held[0]!.fail(new StorageError("UNAVAILABLE", "Down."));
    await below.until(2);
    below.held[1]!.fail(new StorageError("UNAVAILABLE", "Down."));
    expect((await Promise.all(failures)).map(({ code }) => code)).toEqual(["UNAVAILABLE", "UNAVAILABLE"]);
  });

  it.each(Object.keys(CALLS))("gives the slot of a %s that hangs back when it is aborted", async (operation) => {
    const memory = new MemoryStore();
    await memory.write("a", "content");
    const stuck = new StuckStore(0, memory);
    const store = withConcurrencyLimit(stuck, { limit: 1 });
    const controller = new AbortController();
    const failure = failureOf(CALLS[operation]!(store, { signal: controller.signal }));
    await stuck.stuck;
    const waiting = store.write("next", "content");
    controller.abort("given up");
    expect(await failure).toMatchObject({ code: "ABORTED", cause: "given up" });
    expect((await waiting).path).toBe("next");
    stuck.finish();
    await turn();
    expect(stuck.cancelled).toBe(operation === "read" ? 1 : 0);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it.each(Object.keys(CALLS))("lets a %s that waits leave at once, without I/O", async (operation) => {
    const { store, below } = await limited();
    const result = await store.read("a");
    const controller = new AbortController();
    const failure = failureOf(CALLS[operation]!(store, { signal: controller.signal }));
    await turn();
    controller.abort("given up");
    expect(await failure).toMatchObject({
      code: "ABORTED",
      cause: "given up",
      operation: operation === "entry" ? "list" : operation,
    });
    expect(below.calls.map((call) => call.operation)).toEqual(operation === "entry" ? ["read", "return"] : ["read"]);
    await result.cancel();
    expect(await isFree(store)).toBe(true);
  });

  it("serves those who wait in their order", async () => {
    const { store, below } = await limited();
    const result = await store.read("a");
    const calls = ["1", "2", "3"].map((path) => store.write(path, path));
    await result.cancel();
    await Promise.all(calls);
    expect(below.paths("write")).toEqual(["1", "2", "3"]);
  });

  describe("holds the slot of a read until its body", () => {
    const ways: Record<string, (result: ReadResult, abort: () => void) => unknown> = {
      "was read": (result) => result.bytes(),
      "was iterated": async (result) => {
        for await (const chunk of result) expect(chunk.byteLength).toBeGreaterThan(0);
      },
      "was left midway": async (result) => {
        for await (const chunk of result) return chunk;
        return undefined;
      },
      "was cancelled": (result) => result.cancel(),
      "was cancelled midway": async (result) => {
        await result[Symbol.asyncIterator]().next();
        await result.cancel();
      },
      "lost its reader by his signal": (_, abort) => abort(),
    };
    it.each(Object.keys(ways))("%s", async (way) => {
      const { store, below } = await limited();
      const controller = new AbortController();
      const result = await store.read("a", { signal: controller.signal });
      expect(await isFree(store)).toBe(false);
      await ways[way]!(result, () => controller.abort());
      expect(await isFree(store)).toBe(true);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
      await result.cancel();
      await result.cancel();
      const second = await store.read("a");
      expect(await isFree(store)).toBe(false); // cancelling again gave nothing back
      await second.cancel();
      expect(below.paths("read")).toHaveLength(2);
    });

    it("failed", async () => {
      const below = new HeldStore(["chunk"]);
      await below.inner.write("a", "content");
      const store = withConcurrencyLimit(below, { limit: 1 });
      const failure = failureOf((await store.read("a")).bytes());
      await below.until(1);
      expect(await isFree(store)).toBe(false);
      below.held[0]!.fail(new StorageError("UNAVAILABLE", "Down."));
      expect((await failure).code).toBe("UNAVAILABLE");
      expect(await isFree(store)).toBe(true);
    });
  });

  it("holds no slot between two steps of a listing", async () => {
    const { store, memory } = await limited();
    await memory.write("b", "content");
    const paths: string[] = [];
    for await (const { path } of store.list("")) {
      expect(await isFree(store)).toBe(true);
      paths.push(path);
    }
    expect(paths).toEqual(["a", "b"]);
    expect(await pathsOf(store, "none")).toEqual([]);
  });

  it("refuses wrong arguments without waiting for a slot", async () => {
    const { store } = await limited();
    const result = await store.read("a");
    expect((await failureOf(store.write("../a", ""))).code).toBe("INVALID_PATH");
    expect((await failureOf(store.presign("a", { method: "GET", expiresIn: 1 }))).code).toBe("UNSUPPORTED");
    await result.cancel();
  });

  it("takes a slot for a presigned URL", async () => {
    const { store, below } = await limited();
    Object.defineProperty(below, "capability", { value: { ...below.capability, presign: true } });
    below.presign = () => Promise.resolve("https://example.org/a");
    const result = await store.read("a");
    const url = store.presign("a", { method: "GET", expiresIn: 60 });
    await turn();
    await result.cancel();
    expect(await url).toBe("https://example.org/a");
    expect(await isFree(store)).toBe(true);
  });

  it("names a wrong option", () => {
    for (const options of [{}, { limit: 0 }, { limit: 1.5 }, { limit: Infinity }]) {
      const message = expect.stringContaining("limit") as string;
      expect(() => withConcurrencyLimit(new MemoryStore(), options as never)).toThrow(
        storageError({ code: "CONFIG_INVALID", message }),
      );
    }
  });
});
