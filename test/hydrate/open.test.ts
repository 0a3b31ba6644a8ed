import { TappedStore } from "../support/tapped-store.js";
import { putPack } from "../support/packed.js";
import { getEventListeners } from "node:events";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { StorageError } from "../../src/errors/error.js";
import { failureOf } from "../support/failure.js";
import { HeldStore } from "../support/held-store.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { put, putJson, referenceTo, storedJson } from "../support/stored.js";
import { turn } from "../support/turn.js";

describe("open", () => {
  it("gives a text as its UTF-8, and any other value as its JSON", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const text = longText("ü ");
    const read = async (value: unknown) => {
      const reference = (await manager.dehydrate(value, { scope: "s" })) as StorageReference;
      const result = await manager.open(reference);
      const bytes = Buffer.from(await result.bytes());
      expect(result.info).toEqual({
        path: reference.$storageRef,
        size: bytes.byteLength,
        contentType: reference.$storageContentType,
      });
      return bytes.toString();
    };
    expect(await read(text)).toBe(text);
    const value = { b: text.slice(0, 700), a: [text.slice(0, 700)] };
    expect(await read(value)).toBe(JSON.stringify(value));
  });

  it("gives binary as it was handed in, chunk by chunk, not before it is asked for", async () => {
    const inner = new MemoryStore();
    const reference = await put(inner, Buffer.from("abcdef"), { contentType: "image/png" });
    const chunks = [Buffer.from("abc"), Buffer.from("def")];
    let given = 0;
    const read = inner.read.bind(inner);
    inner.read = async (path, options) => ({
      ...(await read(path, options)),
      async *[Symbol.asyncIterator]() {
        for (const chunk of chunks) {
          given++;
          yield await Promise.resolve(chunk);
        }
      },
    });
    const store = new RecordingStore(inner);
    const result = await new StorageManager({ store }).open(reference);
    expect(result.info).toEqual({ path: reference.$storageRef, size: 6, contentType: "image/png" });
    expect(given).toBe(0);
    const iterator = result[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: chunks[0] });
    expect(given).toBe(1);
    expect(await iterator.next()).toEqual({ done: false, value: chunks[1] });
    expect(await iterator.next()).toMatchObject({ done: true });
  });

  it("reads only the part of an object that the reference is for", async () => {
    const store = new RecordingStore();
    const [a, b] = [storedJson("first"), Buffer.from("second")];
    const path = "outputs/s/pack.pack";
    await store.inner.write(path, Buffer.concat([a, b]));
    const manager = new StorageManager({ store });
    const text = await manager.open({ ...referenceTo(path, a), $storageOffset: 0 });
    expect(Buffer.from(await text.bytes()).toString()).toBe('"first"');
    const binary = await manager.open({ ...referenceTo(path, b, "a/b"), $storageOffset: a.length });
    expect(Buffer.from(await binary.bytes()).toString()).toBe("second");
    const reads = store.calls.filter(({ operation }) => operation === "read");
    expect(reads.map(({ options }) => [options.offset, options.length])).toEqual([
      [0, a.length],
      [a.length, b.length],
    ]);
  });

  it("leaves references and escaped keys inside of a value as they are", async () => {
    const store = new MemoryStore();
    const inner = await putJson(store, 1);
    const data = { inner, $$storageRef: "escaped" };
    const result = await new StorageManager({ store }).open(await putJson(store, data));
    expect(Buffer.from(await result.bytes()).toString()).toBe(JSON.stringify(data));
  });

  it("reads references of BubuStack, whose size is known only then, up to maxBytes", async () => {
    const store = new MemoryStore();
    await store.write("outputs/s/image.bin", "bytes");
    const { $storageRef } = await putJson(store, "text");
    const manager = new StorageManager({ store, maxBytes: 10 });
    const result = await manager.open({
      $bubuStorageRef: "outputs/s/image.bin",
      $bubuStorageContentType: "application/json",
    });
    expect(result.info).toEqual({ path: "outputs/s/image.bin", size: 5, contentType: "application/json" });
    expect(Buffer.from(await result.bytes()).toString()).toBe("bytes");
    expect((await failureOf(manager.open({ $bubuStorageRef: $storageRef }))).code).toBe("BUDGET_EXCEEDED");
    const unlimited = new StorageManager({ store });
    expect((await unlimited.open({ $bubuStorageRef: $storageRef })).info).toEqual({ path: $storageRef, size: 6 });
  });

  it("refuses a reference that selects a part", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const [reference] = (await manager.dehydrate([longText("a")])) as [StorageReference];
    expect(await failureOf(manager.open({ ...reference, $storagePath: "[0]" }))).toMatchObject({
      code: "INVALID_REFERENCE",
      message: expect.stringContaining("$storagePath"),
    });
  });

  it("fails at the end of binary that was changed, and at once when there is more than there should be", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const reference = await put(store, Buffer.from("bytes"), { contentType: "a/b" });
    await store.write(reference.$storageRef, "other");
    const chunks: Uint8Array[] = [];
    const read = async () => {
      for await (const chunk of await manager.open(reference)) chunks.push(chunk);
    };
    expect(await failureOf(read())).toMatchObject({ code: "INTEGRITY", path: reference.$storageRef });
    expect(chunks).toHaveLength(1);
    await store.write(reference.$storageRef, "more than there should be");
    expect((await failureOf(read())).code).toBe("INTEGRITY");
    expect(chunks).toHaveLength(1);
    await store.write(reference.$storageRef, "less");
    expect((await failureOf(read())).code).toBe("INTEGRITY");
  });

  it("frees the body that is cancelled, before and after it was begun, and leaves nothing on the signal", async () => {
    const store = new RecordingStore();
    const reference = await put(store.inner, Buffer.from("bytes"), { contentType: "a/b" });
    const manager = new StorageManager({ store });
    const { signal } = new AbortController();
    const unread = await manager.open(reference, { signal });
    await unread.cancel();
    expect(store.paths("cancel")).toHaveLength(1);
    const begun = await manager.open(reference, { signal });
    await begun[Symbol.asyncIterator]().next();
    await begun.cancel();
    await turn();
    expect(store.paths("cancel")).toHaveLength(2);
    for await (const chunk of await manager.open(reference, { signal })) {
      expect(chunk.byteLength).toBe(5);
      break;
    }
    await turn();
    expect(store.paths("cancel")).toHaveLength(3);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("tells the store of an abort between two chunks", async () => {
    const store = new HeldStore(["chunk"]);
    const reference = await put(store.inner, Buffer.from("bytes"), { contentType: "a/b" });
    const controller = new AbortController();
    const result = await new StorageManager({ store }).open(reference, { signal: controller.signal });
    const iterator = result[Symbol.asyncIterator]();
    const first = iterator.next();
    await store.until(1);
    store.held[0]!.release();
    await first;
    controller.abort("enough");
    expect(store.held[0]!.options.signal!.aborted).toBe(true);
    expect(await failureOf(iterator.next())).toMatchObject({ code: "ABORTED", cause: "enough" });
  });

  it("is ABORTED also where the reason is another StorageError", async () => {
    const reason = new StorageError("NOT_FOUND", "Another call failed.");
    const store = new HeldStore(["chunk"]);
    const reference = await put(store.inner, Buffer.from("bytes"), { contentType: "a/b" });
    const manager = new StorageManager({ store });
    const controller = new AbortController();
    const body = failureOf((await manager.open(reference, { signal: controller.signal })).bytes());
    const hydration = failureOf(manager.hydrate(reference, { signal: controller.signal }));
    await store.until(2);
    controller.abort(reason);
    const { signal } = controller;
    for (const call of [body, hydration, failureOf(manager.hydrate(1, { signal }))]) {
      expect(await call).toMatchObject({ code: "ABORTED" });
      expect((await call).cause).toBe(reason);
    }
  });
});

it("gives its signal to the read of a part, which fires as long as the body is read", async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const inner = new MemoryStore();
  const [reference] = await putPack(inner, [Buffer.alloc(1000), Buffer.alloc(1000)], { contentType: "a/b" });
  const store = new TappedStore(({ operation, options }, proceed) => {
    if (operation === "read") signals.push(options.signal);
    return proceed();
  }, inner);
  const stop = new AbortController();
  const opened = await new StorageManager({ store }).open(reference!, { signal: stop.signal });
  expect(signals.map((signal) => signal?.aborted)).toEqual([false]);
  stop.abort();
  expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
  expect(await failureOf(opened.bytes())).toMatchObject({ code: "ABORTED" });
});
