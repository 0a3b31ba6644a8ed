import assert from "node:assert/strict";
import { Readable } from "node:stream";

/** A body that tells whether anybody asked it for bytes. */
export interface WatchedBody extends AsyncIterable<Uint8Array> {
  readonly pulled: boolean;
}

/** Makes a stream of Node that gives `bytes` and then hangs. It ends only when somebody ends it. */
export function stalledStream(bytes: Uint8Array, onHang: () => void): Readable {
  let given = false;
  return new Readable({
    read() {
      if (given) onHang();
      else this.push(bytes);
      given = true;
    },
  });
}

/**
 * Asserts that a stream is ended after the write that it was passed to has failed. Otherwise its resources would stay
 * open for good.
 */
export function assertEnded(stream: Readable): void {
  assert.ok(stream.destroyed, "the source of the body was left open, though the write has failed");
}

/** Makes a body that must stay unread. A call that is refused before any I/O must not read its body. */
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

/** Yields the bytes in chunks of `chunkSize`. */
export async function* chunksOf(bytes: Uint8Array, chunkSize: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let offset = 0; offset < bytes.byteLength; offset += chunkSize) {
    await Promise.resolve();
    yield bytes.subarray(offset, offset + chunkSize);
  }
}

/** Yields `bytes`, then runs `then` (which may throw), then yields `rest`. */
export async function* interrupted(
  bytes: Uint8Array,
  then: () => unknown,
  rest?: Uint8Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
  await then();
  if (rest !== undefined) yield rest;
}

/** Yields `bytes`, then calls `onHang` and never continues. */
export function hanging(bytes: Uint8Array, onHang: () => void): AsyncGenerator<Uint8Array, void, undefined> {
  return interrupted(bytes, () => {
    onHang();
    return new Promise<never>(() => undefined);
  });
}
