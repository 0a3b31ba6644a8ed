/** Hands out chunks, and takes note of how far it was read and whether it was closed. */
export class Chunks implements AsyncIterable<Uint8Array> {
  given = 0;
  closed = 0;
  ended = false;

  /** @param end what comes after the chunks */
  constructor(
    private readonly chunks: readonly Uint8Array[],
    private readonly end?: Error,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: async () => {
        await Promise.resolve();
        const value = this.chunks[this.given];
        if (value !== undefined) {
          this.given++;
          return { done: false, value };
        }
        this.ended = true;
        if (this.end !== undefined) throw this.end;
        return { done: true, value: undefined };
      },
      return: async () => {
        this.closed++;
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}

/** Bytes cut at these places, which are shares of their length. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => Math.floor(place * bytes.byteLength)), bytes.byteLength].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

/** Hands out each chunk in the same memory, which is overwritten before the next. */
export async function* inOneMemory(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  const memory = Buffer.alloc(Math.max(1, ...chunks.map(({ byteLength }) => byteLength)));
  for (const chunk of chunks) {
    memory.set(chunk);
    yield await Promise.resolve(memory.subarray(0, chunk.byteLength));
    memory.fill(0xee);
  }
}

/** All bytes of a stream. */
export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

/** Whether these are the same bytes: what tells of the first difference takes seconds for a megabyte. */
export function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
