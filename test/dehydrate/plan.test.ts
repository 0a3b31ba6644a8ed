import { Readable } from "node:stream";
import type { StorageEvent } from "../../src/observe/event.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { deepFreeze, longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";

describe("plan", () => {
  const payload = deepFreeze({
    text: longText("a"),
    list: [1, { deep: longText("b") }],
    whole: { c: longText("c", 600), d: longText("d", 600) },
    bytes: new Uint8Array([1, 2, 3]),
  });

  it("says what would leave, from where, and how large it is", () => {
    const plan = new StorageManager({ store: new MemoryStore() }).plan(payload, { scope: "s" });
    expect(plan.entries).toEqual([
      { path: ["text"], kind: "raw", size: 1502 },
      { path: ["list", 1, "deep"], kind: "raw", size: 1502 },
      { path: ["whole"], kind: "json", size: Buffer.byteLength(JSON.stringify(payload.whole)) },
      { path: ["bytes"], kind: "binary", size: 3 },
    ]);
    const { bytes, ...rest } = payload;
    const withoutBytes = Buffer.byteLength(JSON.stringify(rest)) + ',"bytes":'.length;
    expect(plan.size).toBe(withoutBytes + bytes.byteLength);
    expect(plan.inlineSize).toBe(Buffer.byteLength(JSON.stringify(plan.value)));
  });

  it("shows the payload as it would travel, and reads the digest only once", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const plan = manager.plan(payload, { scope: "s" });
    expect(plan.value).toBe(plan.value);
    expect(plan.value).toEqual(await manager.dehydrate(payload, { scope: "s" }));
  });

  it("does no I/O, and reads no stream", () => {
    const store = new RecordingStore();
    const stream = new Readable({
      read() {
        throw new Error("The stream was read.");
      },
    });
    const blob = new Blob(["four"], { type: "a/b" });
    const plan = new StorageManager({ store }).plan({ stream, blob, text: longText("a") }, { scope: "s" });
    expect(plan.entries).toMatchObject([
      { path: ["stream"], kind: "binary", size: 0 },
      { path: ["blob"], kind: "binary", size: 4 },
      { path: ["text"], kind: "raw" },
    ]);
    expect(plan.value).toMatchObject({ text: { $storageContentType: "text/plain" }, stream: {}, blob: {} });
    expect(stream.readableFlowing).toBeNull();
    expect(store.calls).toEqual([]);
  });

  it("is at least as large as what travels, when a stream leaves", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const stream = () => Readable.from([Buffer.alloc(100)]);
    const { inlineSize } = manager.plan([stream()], { scope: "s" });
    const size = Buffer.byteLength(JSON.stringify(await manager.dehydrate([stream()], { scope: "s" })));
    expect(inlineSize).toBeGreaterThanOrEqual(size);
    expect(inlineSize).toBeLessThan(size + 50);
  });

  it("has the same sizes after the value of many lines was made", async () => {
    const list = Array.from({ length: 40_000 }, (_, id) => ({ id, text: "é".repeat(30) }));
    const events: number[] = [];
    const observer = ({ operation, bytes }: StorageEvent): void => {
      if (operation === "dehydrate") events.push(bytes);
    };
    const manager = new StorageManager({ store: new MemoryStore(), observer });
    const plan = manager.plan({ list });
    expect(plan.value).toHaveProperty("list.$storageRef");
    expect(plan.entries[0]!.size).toBe(Buffer.byteLength(JSON.stringify(list)));
    expect(plan.size).toBe(Buffer.byteLength(JSON.stringify({ list })));
    await manager.dehydrate({ list });
    expect(events).toEqual([plan.size]);
  });

  it("has sizes of a payload that can't be read any more", () => {
    const payload = { big: longText("x"), small: { text: "é" } };
    const plan = new StorageManager({ store: new MemoryStore() }).plan(payload);
    Object.defineProperty(payload.small, "text", {
      get: () => {
        throw new Error("It was closed.");
      },
      enumerable: true,
    });
    expect(plan.size).toBe(JSON.stringify({ big: payload.big, small: { text: "é" } }).length + 1);
    expect(plan.inlineSize).toBeGreaterThan(200);
  });

  it("is made for what leaves nothing, and for undefined", () => {
    const manager = new StorageManager({});
    expect({ ...manager.plan({ a: 1 }) }).toEqual({ value: { a: 1 }, entries: [], size: 7, inlineSize: 7 });
    expect({ ...manager.plan(undefined) }).toEqual({ value: undefined, entries: [], size: 0, inlineSize: 0 });
  });
});
