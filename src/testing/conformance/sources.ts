import assert from "node:assert/strict";

/** A body that tells whether anybody asked it for bytes. */
export interface WatchedBody extends AsyncIterable<Uint8Array> {
  readonly pulled: boolean;
}

/** A body that must stay untouched: whoever is refused before any I/O is refused without reading it. */
export function watchedBody(): WatchedBody {
  let pulled = false;
  return {
    get pulled() {
      return pulled;
    },
    async *[Symbol.asyncIterator]() {
      pulled = true;
      await Promise.resolve();
      yield Buffer.from("pulled");
    },
  };
}

/** Asserts that a refused call has not begun to read the body. */
export function assertUntouched(body: WatchedBody): void {
  assert.equal(body.pulled, false, "the body was read although the call is refused before any I/O");
}

/** The bytes in chunks of `chunkSize`. */
export async function* chunksOf(bytes: Uint8Array, chunkSize: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let offset = 0; offset < bytes.byteLength; offset += chunkSize) {
    await Promise.resolve();
    yield bytes.subarray(offset, offset + chunkSize);
  }
}

/** Gives `bytes`, then runs `then` (which may throw), then gives `rest`. */
export async function* interrupted(
  bytes: Uint8Array,
  then: () => unknown,
  rest?: Uint8Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
  await then();
  if (rest !== undefined) yield rest;
}

/** Gives `bytes`, then calls `onHang` and never comes back. */
export function hanging(bytes: Uint8Array, onHang: () => void): AsyncGenerator<Uint8Array, void, undefined> {
  return interrupted(bytes, () => {
    onHang();
    return new Promise<never>(() => undefined);
  });
}
