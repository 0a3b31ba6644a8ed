import { setImmediate } from "node:timers/promises";
import { bytesOf, isBytes, type Bytes } from "../bytes/bytes.js";
import { isObject } from "../json/is-object.js";
import { endSource, openSource, type OpenSource } from "./source.js";
import type { StoreBody } from "./store.js";

/**
 * The source of the body of a write. It gives what the source gives, and can end the source. A reader that gives up
 * early ends the source at once, even while the source hangs.
 */
export class BodySource implements AsyncIterable<Uint8Array> {
  // There may be several readings if the source can be read again.
  readonly #readings: Reading[] = [];

  constructor(private readonly source: AsyncIterable<Uint8Array>) {}

  /** Whether a body is one. Unlike `instanceof`, this runs no code of a proxy. */
  static is(body: unknown): body is BodySource {
    return isObject(body) && #readings in body;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const reading = new Reading(openSource(this.source));
    this.#readings.push(reading);
    return reading;
  }

  /** Ends the source, unless it has ended or failed. It does not wait for a source that hangs. */
  async end(reason: unknown): Promise<void> {
    if (this.#readings.length === 0) endSource(this.source, reason);
    await soon(Promise.all(this.#readings.map((reading) => reading.close(reason))));
  }
}

class Reading implements AsyncIterator<Uint8Array> {
  #isOver = false;

  constructor(private readonly source: OpenSource) {}

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#isOver) return { done: true, value: undefined };
    try {
      const next = (await this.source.next()) as IteratorResult<Uint8Array>;
      if (next.done === true) this.#isOver = true;
      return next;
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    await soon(this.close(undefined));
    return { done: true, value: undefined };
  }

  async close(reason: unknown): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.source.close(reason);
  }
}

/**
 * Waits for a source that closes, but not for one that hangs. If the source has not closed after one turn of the
 * event loop, it goes on closing by itself.
 */
async function soon(closing: Promise<unknown>): Promise<void> {
  // The caller does not want to hear that closing the source failed.
  await Promise.race([closing.catch(() => undefined), setImmediate()]);
}

/**
 * Begins a write, and ends the source of its body if the write fails, be it at once or late. The write gets a body
 * that a store can take. Every `write` calls this first, because the code that is given a source must end it.
 */
export function endingSource<T>(body: StoreBody, write: (body: StoreBody) => Promise<T>): Promise<T> {
  // The layer above has made the source, and ends it.
  if (typeof body === "string" || BodySource.is(body)) return write(body);
  if (isBytes(body)) return write(ownBytes(body));
  // A value that is no body goes on to `write`, which refuses it in the order of its checks.
  return isAsyncIterable(body) ? endedOnFailure(new BodySource(body), write) : write(body);
}

async function endedOnFailure<T>(source: BodySource, write: (body: StoreBody) => Promise<T>): Promise<T> {
  try {
    return await write(source);
  } catch (error) {
    await source.end(error);
    throw error;
  }
}

// Bytes whose memory was transferred are refused like a value that never had bytes.
function ownBytes(body: Bytes): Uint8Array {
  try {
    return bytesOf(body) ?? (body as Uint8Array);
  } catch {
    return body as Uint8Array;
  }
}

/** Whether a body is one that gives chunks. A proxy that throws is none. */
export function isAsyncIterable(body: unknown): body is AsyncIterable<Uint8Array> {
  try {
    return isObject(body) && Symbol.asyncIterator in body;
  } catch {
    return false;
  }
}
