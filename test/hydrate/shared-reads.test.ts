import { getEventListeners } from "node:events";
import { StorageError, type StorageEvent } from "../../src/index.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { HeldStore } from "../support/held-store.js";
import { putJsonPack } from "../support/packed.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { put, putJson } from "../support/stored.js";
import { StuckStore } from "../support/stuck-store.js";
import { TappedStore } from "../support/tapped-store.js";
import { turn } from "../support/turn.js";

async function held(operations: ("read" | "chunk")[] = ["read"]) {
  const inner = new MemoryStore();
  const reference = await putJson(inner, { list: [1] });
  const store = new HeldStore(operations, inner);
  return { inner, reference, store, manager: new StorageManager({ store }) };
}

describe("calls that want the same object at the same time", () => {
  it("share one read, and nothing that they could change", async () => {
    const { inner, reference, store, manager } = await held();
    const image = await put(inner, Buffer.from("bytes"), { contentType: "image/png" });
    type Hydrated = [{ list: number[] }, Uint8Array];
    const calls = [1, 2, 3].map(() => manager.hydrate<Hydrated>([reference, image]));
    await store.until(2);
    await turn();
    expect(store.held).toHaveLength(2);
    for (const call of store.held) call.release();
    const [first, second, third] = (await Promise.all(calls)) as [Hydrated, Hydrated, Hydrated];
    first[0].list.push(2);
    first[1].fill(0);
    for (const other of [second, third]) {
      expect(other).toEqual([{ list: [1] }, new Uint8Array(Buffer.from("bytes"))]);
      expect(other[1].buffer).not.toBe(first[1].buffer);
    }
  });

  it("share a read of a part with one of less of it", async () => {
    const inner = new MemoryStore();
    const values = ["a", "b", "c", "d"].map((name) => longText(name, 100));
    const references = await putJsonPack(inner, values);
    const store = new HeldStore(["read"], inner);
    const manager = new StorageManager({ store });
    const all = manager.hydrate(references);
    await store.until(1);
    const some = manager.hydrate([references[2], references[1]]);
    const whole = failureOf(manager.hydrate({ $bubuStorageRef: references[0]!.$storageRef }));
    await store.until(2); // the whole object is no part of the part
    await turn();
    expect(store.held).toHaveLength(2);
    for (const call of store.held) call.release();
    await expect(all).resolves.toEqual(values);
    await expect(some).resolves.toEqual([values[2], values[1]]);
    expect((await whole).code).toBe("DECODE_FAILED");
  });

  it("don't share one that is over, nor its failure", async () => {
    const { reference, store, manager } = await held();
    const first = [failureOf(manager.hydrate(reference)), failureOf(manager.hydrate(reference))];
    await store.until(1);
    store.held[0]!.fail(new Error("broken"));
    const errors = await Promise.all(first);
    for (const error of errors) {
      expect(error).toMatchObject({ code: "UNEXPECTED", operation: "read", path: reference.$storageRef });
      expect(error.cause).toMatchObject({ message: "broken" });
    }
    expect(errors[0]).not.toBe(errors[1]);
    const second = manager.hydrate(reference);
    await store.until(2);
    store.held[1]!.release();
    await expect(second).resolves.toEqual({ list: [1] });
    expect(store.held).toHaveLength(2);
  });

  it("don't share over managers", async () => {
    const { reference, store, manager } = await held();
    const calls = [manager, new StorageManager({ store })].map((one) => one.hydrate(reference));
    await store.until(2);
    for (const call of store.held) call.release();
    await expect(Promise.all(calls)).resolves.toHaveLength(2);
  });

  it.each(["the first", "the second"])("go on when %s is aborted", async (which) => {
    for (const operations of [["read"], ["chunk"]] as ("read" | "chunk")[][]) {
      const { reference, store, manager } = await held(operations);
      const controller = new AbortController();
      const signals = which === "the first" ? [controller.signal, undefined] : [undefined, controller.signal];
      const [first, second] = signals.map((signal) => manager.hydrate(reference, { signal }));
      const [aborted, other] = which === "the first" ? [first!, second!] : [second!, first!];
      const failure = failureOf(aborted);
      await store.until(1);
      controller.abort("enough");
      expect(await failure).toMatchObject({ code: "ABORTED", cause: "enough" });
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
      expect(store.held[0]!.options.signal!.aborted).toBe(false);
      store.held[0]!.release();
      if (operations[0] === "chunk") {
        await store.until(2); // the end of the body
        store.held[1]!.release();
      }
      await expect(other).resolves.toEqual({ list: [1] });
    }
  });

  it("abort the read when the last of them has gone, which the next call does not join", async () => {
    const { reference, store, manager } = await held();
    const controllers = [new AbortController(), new AbortController()];
    const calls = controllers.map(({ signal }) => failureOf(manager.hydrate(reference, { signal })));
    await store.until(1);
    controllers[1]!.abort();
    await calls[1];
    expect(store.held[0]!.options.signal!.aborted).toBe(false);
    controllers[0]!.abort();
    await calls[0];
    expect(store.held[0]!.options.signal!.aborted).toBe(true);
    const next = manager.hydrate(reference);
    await store.until(2);
    store.held[0]!.release(); // too late
    store.held[1]!.release();
    await expect(next).resolves.toEqual({ list: [1] });
  });

  it("have each their own time limit", async () => {
    jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate", "performance"] });
    try {
      const { reference, store, manager } = await held();
      const short = failureOf(manager.hydrate(reference, { timeout: 10 }));
      const long = manager.hydrate(reference, { timeout: 1000 });
      await store.until(1);
      jest.advanceTimersByTime(10);
      expect((await short).code).toBe("TIMEOUT");
      store.held[0]!.release();
      await expect(long).resolves.toEqual({ list: [1] });
    } finally {
      jest.useRealTimers();
    }
  });

  it("have each their own limit of bytes, which is no concern of the others", async () => {
    const inner = new MemoryStore();
    const path = "outputs/s/a.json";
    const good = await putJson(inner, longText("a"), path);
    const unsized = { $bubuStorageRef: path };
    const store = new HeldStore(["chunk"], inner);
    const manager = new StorageManager({ store });
    const [small, tooShort, right] = [
      failureOf(manager.hydrate(unsized, { maxBytes: 100 })),
      failureOf(manager.hydrate({ ...good, $storageSize: 100 })),
      manager.hydrate(unsized),
    ];
    await store.until(1);
    store.held[0]!.release();
    expect(await small).toMatchObject({ code: "BUDGET_EXCEEDED", operation: "hydrate" });
    expect(await tooShort).toMatchObject({ code: "INTEGRITY", path });
    await store.until(2);
    const late = failureOf(manager.hydrate(unsized, { maxBytes: 100 })); // of a read that has more already
    expect((await late).code).toBe("BUDGET_EXCEEDED");
    expect(store.held).toHaveLength(2);
    store.held[1]!.release();
    await expect(right).resolves.toBe(longText("a"));
  });

  it("give up the read when it brings more than the last of them takes", async () => {
    const inner = new MemoryStore();
    await putJson(inner, longText("a"), "outputs/s/a.json");
    const store = new RecordingStore(inner);
    const manager = new StorageManager({ store, maxBytes: 100 });
    const calls = [1, 2].map(() => failureOf(manager.hydrate({ $bubuStorageRef: "outputs/s/a.json" })));
    expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(["BUDGET_EXCEEDED", "BUDGET_EXCEEDED"]);
    expect(store.paths("read")).toHaveLength(1);
    expect(store.paths("cancel")).toHaveLength(1);
  });

  it("are told of as the read of the one that began it", async () => {
    const events: StorageEvent[] = [];
    const inner = new MemoryStore();
    const reference = await putJson(inner, 1);
    const store = new HeldStore(["read"], inner);
    const manager = new StorageManager({ store, observer: (event) => void events.push(event) });
    const controller = new AbortController();
    const first = failureOf(manager.hydrate(reference, { stepRunId: "first", signal: controller.signal }));
    const second = manager.hydrate(reference, { stepRunId: "second" });
    await store.until(1);
    controller.abort();
    await first;
    store.held[0]!.release();
    await second;
    expect(events.map(({ operation, outcome, stepRunId }) => [operation, outcome, stepRunId])).toEqual([
      ["hydrate", "error", "first"],
      ["read", "success", "first"],
      ["hydrate", "success", "second"],
    ]);
  });

  it("are told of with the code that they get, also from a store that gives up by itself", async () => {
    const events: StorageEvent[] = [];
    const { reference, inner } = await held();
    const givesUp = (): Promise<never> => Promise.reject(new StorageError("ABORTED", "The store is tired."));
    const store = new TappedStore((call, proceed) => (call.operation === "read" ? givesUp() : proceed()), inner);
    const manager = new StorageManager({ store, observer: (event) => void events.push(event) });
    const calls = await Promise.all([1, 2].map(() => failureOf(manager.hydrate(reference))));
    expect(calls.map(({ code }) => code)).toEqual(["UNEXPECTED", "UNEXPECTED"]);
    expect(events.map(({ operation, code }) => [operation, code])).toEqual([
      ["read", "UNEXPECTED"],
      ["hydrate", "UNEXPECTED"],
      ["hydrate", "UNEXPECTED"],
    ]);
  });

  it.each(["delete", "release", "writeBlob", "dehydrate"] as const)(
    "are no calls from before and after a %s",
    async (verb) => {
      const inner = new MemoryStore();
      const payload = longText("a");
      const other = longText("b");
      const reference = (await new StorageManager({ store: inner }).dehydrate(payload, { scope: "s" })) as {
        $storageRef: string;
      };
      const store = new HeldStore(["read"], inner);
      const manager = new StorageManager({ store });
      const before = manager.hydrate(reference);
      await store.until(1);
      if (verb === "delete") await manager.delete(reference.$storageRef);
      else if (verb === "release") await manager.release("s");
      else if (verb === "writeBlob") await manager.writeBlob(reference.$storageRef, other);
      else await manager.dehydrate(other, { scope: "s" });
      const after = manager.hydrate(reference);
      await store.until(2);
      for (const call of store.held) call.release();
      await Promise.allSettled([before, after]);
      expect(store.held).toHaveLength(2);
    },
  );
});

describe("a store that hangs", () => {
  it.each([0, 1, 2])("at step %i keeps nobody who gave up, whatever it brings later", async (step) => {
    const inner = new MemoryStore();
    const reference = await putJson(inner, { list: [1] });
    const store = new StuckStore(step, inner);
    const manager = new StorageManager({ store });
    const controllers = [new AbortController(), new AbortController()];
    const calls = controllers.map(({ signal }) => failureOf(manager.hydrate(reference, { signal })));
    await store.stuck;
    for (const controller of controllers) controller.abort("enough");
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: "ABORTED", cause: "enough" });
    await expect(manager.hydrate(reference)).resolves.toEqual({ list: [1] });
    store.finish(new Error("too late")); // an unhandled rejection would fail this test
    await turn();
    expect(store.cancelled).toBeGreaterThan(0);
  });
});
