import { getEventListeners } from "node:events";
import { randomBytes } from "node:crypto";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { gzip } from "../../src/codecs/gzip.js";
import type { DataKey, KeyProvider } from "../../src/codecs/aes256gcm/encryption-keys.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { StorageError } from "../../src/errors/error.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { streamResult } from "../../src/store/read-result.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { objectsOf } from "../support/stored.js";
import { someBytes, WatchedStream } from "../support/stream-sources.js";
import { StuckStore } from "../support/stuck-store.js";
import { TappedStore } from "../support/tapped-store.js";
import { turn } from "../support/turn.js";

const MIB = 1 << 20;
const keys = { k: randomBytes(32) };
const codecs = [gzip(), aes256gcm({ keys, activeKeyId: "k" })];

/** What keeps a process alive, but for the timers of jest itself. */
const handles = (): string[] => process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|File/.test(name));
let before: number;
beforeEach(() => (before = handles().length));

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn();
}

/** Lets work of zlib's threads come to an end: it has no other sign. */
async function eventually(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 5000 && !isSo(); i++) await turn();
  expect(isSo()).toBe(true);
}

const payload = () => ({
  text: longText("a", 3000),
  stream: new WatchedStream(someBytes(6 * MIB)),
  large: Buffer.alloc(400_000),
});

async function* stalling(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes.subarray(0, bytes.byteLength - 10);
  await new Promise(() => undefined);
}

async function stepsOf(
  call: (manager: StorageManager) => Promise<unknown>,
  inner = new MemoryStore(),
): Promise<number> {
  const store = new RecordingStore(inner);
  await call(new StorageManager({ store, codecs, concurrency: 1 }));
  return store.calls.filter(({ operation }) => !["cancel", "return", "close"].includes(operation)).length;
}

describe("an abort while the store hangs", () => {
  it("ends a dehydration at every step, closes its stream and leaves nothing on the signal", async () => {
    const steps = await stepsOf((manager) => manager.dehydrate(payload(), { scope: "s" }));
    expect(steps).toBeGreaterThan(3);
    for (let step = 0; step < steps; step++) {
      const controller = new AbortController();
      const store = new StuckStore(step);
      const value = payload();
      const manager = new StorageManager({ store, codecs, concurrency: 1 });
      const pending = failureOf(manager.dehydrate(value, { scope: "s", signal: controller.signal }));
      await store.stuck;
      controller.abort("enough");
      expect(await pending).toMatchObject({ code: "ABORTED", cause: "enough" });
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
      store.finish();
      await settled();
      expect((await objectsOf(store.inner)).size).toBe(0); // it is all this call's own
    }
    await eventually(() => handles().length <= before);
  });

  it("ends a hydration, and the reading of an opened entry, at every step", async () => {
    const inner = new MemoryStore();
    const dehydrated = (await new StorageManager({ store: inner, codecs }).dehydrate(payload())) as {
      stream: StorageReference;
    };
    const calls: ((manager: StorageManager, signal?: AbortSignal) => Promise<unknown>)[] = [
      (manager, signal) => manager.hydrate(dehydrated, { signal }),
      async (manager, signal) => (await manager.open(dehydrated.stream, signal && { signal })).bytes(),
    ];
    for (const call of calls) {
      const steps = await stepsOf((manager) => call(manager), inner);
      expect(steps).toBeGreaterThanOrEqual(3);
      for (let step = 0; step < steps; step++) {
        const controller = new AbortController();
        const store = new StuckStore(step, inner);
        const pending = failureOf(call(new StorageManager({ store, codecs, concurrency: 1 }), controller.signal));
        await store.stuck;
        controller.abort("enough");
        expect(await pending).toMatchObject({ code: "ABORTED", cause: "enough" });
        store.finish();
        await settled();
        expect(getEventListeners(controller.signal, "abort")).toEqual([]);
      }
    }
    await eventually(() => handles().length <= before);
  });
});

it("an opened entry that is cancelled, or left early, frees the body and the transform", async () => {
  const store = new RecordingStore();
  const manager = new StorageManager({ store, codecs });
  const reference = (await manager.dehydrate(new Blob([someBytes(5 * MIB)]))) as StorageReference;
  const unread = await manager.open(reference);
  await unread.cancel();
  expect(store.paths("cancel")).toHaveLength(1);
  for await (const chunk of await manager.open(reference)) {
    expect(chunk.byteLength).toBeGreaterThan(0);
    break;
  }
  await eventually(() => store.paths("cancel").length >= 2);
  await eventually(() => handles().length <= before);
});

it.each([1, 2, 3, 10])(
  "a compressed entry that is left after %i chunks leaves nothing on the signal",
  async (count) => {
    const manager = new StorageManager({ store: new MemoryStore(), codecs: [gzip({ minSize: 1 })] });
    const reference = (await manager.dehydrate(new Blob([someBytes(2 * MIB - 1)]))) as StorageReference;
    const { signal } = new AbortController();
    let left = count;
    for await (const chunk of await manager.open(reference, { signal })) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      if (--left === 0) break;
    }
    expect(getEventListeners(signal, "abort")).toEqual([]);
  },
);

it("a compressed entry can be left while the store stalls", async () => {
  const inner = new MemoryStore();
  const reference = (await new StorageManager({ store: inner, codecs: [gzip()] }).dehydrate(
    new Blob([Buffer.alloc(4 * MIB, "so much of this that it is worth compressing: ")]),
  )) as StorageReference;
  const bytes = await (await inner.read(reference.$storageRef)).bytes();
  // Most of it comes; then nothing, whatever is asked.
  const store = new TappedStore(async (call, proceed) => {
    if (call.operation !== "read") return proceed();
    const result = streamResult({ path: call.path, size: bytes.byteLength }, stalling(bytes), () => undefined);
    return result as Awaited<ReturnType<typeof proceed>>;
  }, inner);
  const { signal } = new AbortController();
  const manager = new StorageManager({ store, codecs: [gzip()] });
  for await (const chunk of await manager.open(reference, { signal })) {
    expect(chunk.byteLength).toBeGreaterThan(0);
    break;
  }
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

it("a stream that hangs is given up with the call", async () => {
  const store = new RecordingStore();
  const manager = new StorageManager({ store, codecs });
  const stream = new WatchedStream(someBytes(6 * MIB), "hang");
  const controller = new AbortController();
  const pending = failureOf(
    manager.dehydrate([stream, longText("a", 3000)], { scope: "s", signal: controller.signal }),
  );
  await stream.exhausted;
  controller.abort("enough");
  expect((await pending).code).toBe("ABORTED");
  await settled();
  expect(stream.closed).toBe(1);
  expect((await objectsOf(store.inner)).size).toBe(0);
});

describe("a key provider", () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const wrapping: KeyProvider = {
    generateDataKey: () => Promise.resolve({ keyId: "k", key: keys.k, wrappedKey: Buffer.of(1) }),
    decryptDataKey: () => Promise.resolve(keys.k),
  };
  const withProvider = (provider: Partial<KeyProvider>, store = new RecordingStore(), clock = new FakeClock()) => ({
    store,
    clock,
    manager: new StorageManager({ store, codecs: [gzip(), aes256gcm({ keys: { ...wrapping, ...provider }, clock })] }),
  });

  it("that fails ends the call before anything is stored, and streams are closed", async () => {
    const failure = new StorageError("UNAVAILABLE", "the service");
    const { store, manager } = withProvider({ generateDataKey: () => Promise.reject(failure) });
    const value = { ...payload() };
    const error = await failureOf(manager.dehydrate(value, { scope: "s" }));
    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(store.calls).toEqual([]);
    expect(value.stream.closed).toBe(1);
  });

  it("that hangs is a TIMEOUT after its time, and heeds an abort before", async () => {
    const { store, manager, clock } = withProvider({ generateDataKey: never });
    const controller = new AbortController();
    const aborted = failureOf(manager.dehydrate(payload(), { signal: controller.signal }));
    await turn();
    controller.abort("enough");
    expect(await aborted).toMatchObject({ code: "ABORTED", cause: "enough" });
    const late = failureOf(manager.dehydrate(payload()));
    await clock.advance(30_000);
    expect(await late).toMatchObject({ code: "TIMEOUT", retryable: true });
    expect(store.calls).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it("that hangs while it decrypts heeds an abort, hydrated or opened", async () => {
    const { store, manager: writing } = withProvider({});
    const dehydrated = (await writing.dehydrate(payload())) as { stream: StorageReference };
    const { manager } = withProvider({ decryptDataKey: never }, store);
    for (const call of [
      (signal: AbortSignal) => manager.hydrate(dehydrated, { signal }),
      async (signal: AbortSignal) => (await manager.open(dehydrated.stream, { signal })).bytes(),
    ]) {
      const controller = new AbortController();
      const pending = failureOf(call(controller.signal));
      for (let i = 0; i < 50; i++) await turn();
      const cancelled = store.paths("cancel").length;
      controller.abort("enough");
      expect(await pending).toMatchObject({ code: "ABORTED", cause: "enough" });
      await turn();
      if (call.toString().includes("open")) expect(store.paths("cancel").length).toBeGreaterThan(cancelled);
    }
  });

  it("is asked once for a call, and once for the calls of its time", async () => {
    let asked = 0;
    const generateDataKey = (): Promise<DataKey> => {
      asked++;
      return wrapping.generateDataKey({ signal: new AbortController().signal });
    };
    const { manager, clock } = withProvider({ generateDataKey });
    await Promise.all(Array.from({ length: 20 }, () => manager.dehydrate([longText("a"), longText("b")])));
    expect(asked).toBe(1);
    await clock.advance(300_000);
    await manager.dehydrate(longText("a"));
    expect(asked).toBe(2);
    await manager.dehydrate("small"); // nothing leaves
    expect(asked).toBe(2);
  });
});
