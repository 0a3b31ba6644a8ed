import { StorageManager } from "../../../src/manager/storage-manager.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { ObjectInfo, StoreBody, WriteOptions } from "../../../src/store/store.js";
import { someBytes, WatchedStream } from "../../support/stream-sources.js";
import { turn } from "../../support/turn.js";

const HEAD = 5_242_880;
const CHUNK = 65_536;
const BYTES = someBytes(HEAD + 20 * CHUNK);

/** A store that takes one chunk of a stream for each time that the test lets it. */
class GateStore extends MemoryStore {
  readonly begun: string[] = [];
  readonly #waiting: (() => void)[] = [];

  override async write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    this.begun.push(path);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      chunks.push(Buffer.from(chunk));
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return super.write(path, Buffer.concat(chunks), options);
  }

  async letOneThrough(): Promise<void> {
    await turn();
    this.#waiting.shift()?.();
    await turn();
  }
}

it("a stream is not read further than its store asks for", async () => {
  const store = new GateStore();
  const stream = new WatchedStream(BYTES, "end", CHUNK);
  const call = new StorageManager({ store }).dehydrate({ stream });
  while (store.begun.length === 0) await turn();
  expect(stream.given).toBe(HEAD + CHUNK); // what is read to know whether it is long
  // Its beginning is five pieces and what came with them. Then each piece that the store takes lets one chunk follow.
  for (let taken = 1; taken <= 24; taken++) {
    await store.letOneThrough();
    expect(stream.given).toBe(HEAD + CHUNK * Math.max(1, taken - 4));
  }
  await store.letOneThrough();
  await expect(call).resolves.toHaveProperty("stream");
});

it("no more than four long streams are written at a time; the others wait with their beginning", async () => {
  const store = new GateStore();
  const streams = Array.from({ length: 7 }, (_, index) => new WatchedStream(someBytes(HEAD + 1, String(index))));
  const call = new StorageManager({ store }).dehydrate(streams);
  while (streams.some(({ given }) => given <= 2_097_152)) await turn();
  await turn();
  expect(store.begun).toHaveLength(4);
  let ended = false;
  void call.then(() => (ended = true));
  while (!ended) await store.letOneThrough();
  expect(new Set(store.begun).size).toBe(7);
});

it("short streams are read as many at a time as concurrency says", async () => {
  const streams = Array.from({ length: 5 }, () => new WatchedStream(someBytes(10), "hang"));
  const controller = new AbortController();
  const manager = new StorageManager({ store: new MemoryStore(), concurrency: 3 });
  const call = manager.dehydrate(streams, { signal: controller.signal });
  await Promise.all(streams.slice(0, 3).map(({ exhausted }) => exhausted));
  await turn();
  expect(streams.map(({ given }) => given)).toEqual([10, 10, 10, 0, 0]);
  controller.abort();
  await expect(call).rejects.toMatchObject({ code: "ABORTED" });
});

it("the beginning of a long stream is gathered in no more memory than it needs", async () => {
  const allocated = jest.spyOn(Buffer, "allocUnsafeSlow");
  try {
    const stream = new WatchedStream(BYTES, "end", CHUNK);
    await new StorageManager({ store: new MemoryStore() }).dehydrate({ stream });
    const sizes = allocated.mock.calls.map(([size]) => size).filter((size) => size >= 2_097_152);
    expect(sizes).toEqual([2_097_152, HEAD]);
  } finally {
    allocated.mockRestore();
  }
});
