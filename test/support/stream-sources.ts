import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";

/** Bytes that are the same for the same seed, and of which no two KiB are. */
export function someBytes(size: number, seed = ""): Buffer {
  const blocks = Array.from({ length: Math.ceil(size / 1024) }, (_, block) => {
    const bytes = Buffer.alloc(1024);
    return bytes.fill(createHash("sha256").update(`${seed} ${block}`).digest());
  });
  return Buffer.concat(blocks).subarray(0, size);
}

/** Hands out bytes in chunks of 64 KiB, all in the same memory, as sources may. */
export async function* reusedChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  const memory = Buffer.alloc(65_536);
  for (let start = 0; start < bytes.byteLength; start += memory.byteLength) {
    const chunk = bytes.subarray(start, start + memory.byteLength);
    memory.set(chunk);
    yield await Promise.resolve(memory.subarray(0, chunk.byteLength));
  }
}

function chunksOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.byteLength / 65_536) }, (_, index) =>
    Buffer.from(bytes.subarray(index * 65_536, (index + 1) * 65_536)),
  );
}

/** Every kind of stream that a payload can hold, over the same bytes. */
export const STREAMS: readonly [string, (bytes: Uint8Array) => object][] = [
  ["a Readable", (bytes) => Readable.from(chunksOf(bytes))],
  ["a web stream", (bytes) => ReadableStream.from(chunksOf(bytes))],
  ["a web stream of ArrayBuffers", (bytes) => ReadableStream.from(chunksOf(bytes).map((chunk) => exactBuffer(chunk)))],
  ["a Blob", (bytes) => new Blob([bytes])],
  ["an async generator", (bytes) => reusedChunks(bytes)],
  ["an async iterable of one chunk", (bytes) => ({ [Symbol.asyncIterator]: () => Readable.from([bytes]).iterator() })],
];

function exactBuffer(chunk: Uint8Array): ArrayBuffer {
  return new Uint8Array(chunk).buffer;
}

/** A stream of which the test sees how far it was read, and whether it was closed. It fails or hangs where it is told to. */
export class WatchedStream implements AsyncIterable<Uint8Array> {
  /** Bytes handed out. */
  given = 0;
  closed = 0;
  /** Resolves when it is asked for what comes after its end. */
  readonly exhausted: Promise<void>;
  #exhaust: () => void = () => undefined;

  /** @param end what comes after the bytes */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly end: "end" | "hang" | Error = "end",
    private readonly chunkSize = 65_536,
  ) {
    this.exhausted = new Promise((resolve) => (this.#exhaust = resolve));
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: async () => {
        await Promise.resolve();
        if (this.given < this.bytes.byteLength) {
          const value = this.bytes.subarray(this.given, this.given + this.chunkSize);
          this.given += value.byteLength;
          return { done: false, value };
        }
        this.#exhaust();
        if (this.end instanceof Error) throw this.end;
        if (this.end === "hang") await new Promise(() => undefined);
        return { done: true, value: undefined };
      },
      return: async () => {
        this.closed++;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}
