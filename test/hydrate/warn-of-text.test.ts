import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { longText } from "../support/payloads.js";

async function warned(makeBytes: (text: string) => unknown): Promise<number> {
  const warn = jest.fn();
  const logger = { debug: () => undefined, warn, isLevelEnabled: () => false };
  const manager = new StorageManager({ store: new MemoryStore(), logger: logger });
  const text = JSON.stringify(await manager.dehydrate({ a: longText("a") }));
  const given = makeBytes(text);
  const back = await manager.hydrate(given);
  // Not toEqual, which takes a minute for five million bytes.
  expect(typeof given === "string" ? back === given : plainBytes(back).equals(plainBytes(given))).toBe(true);
  return warn.mock.calls.length;
}

function plainBytes(value: unknown): Buffer {
  return ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.from(value as ArrayBuffer);
}

describe("a text or bytes in the place of a payload", () => {
  it.each<[string, (text: string) => unknown, number]>([
    ["a text that holds a reference", (text) => text, 1],
    ["bytes of it", (text) => new Uint8Array(Buffer.from(text)), 1],
    ["its memory", (text) => new Uint8Array(Buffer.from(text)).buffer, 1],
    ["bytes that are too many to be looked at", (text) => new Uint8Array(Buffer.from(text.padEnd(5_000_000))), 0],
    ["a text of no JSON", () => "storageRef {", 0],
    ["a plain text", () => "hello", 0],
  ])("%s", async (_, make, count) => {
    expect(await warned(make)).toBe(count);
  });
});
