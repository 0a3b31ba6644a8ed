import { setImmediate } from "node:timers/promises";
import { bytesOf, isBytes, type Bytes } from "../bytes/bytes.js";
import { endSource, openSource, type OpenSource } from "./source.js";
import type { StoreBody } from "./store.js";

/**
 * The source of the body of a write, and the one who ends it. Iterated, it gives what the source gives; whoever gives up
 * early ends the source at once, also while it hangs.
 */
export class BodySource implements AsyncIterable<Uint8Array> {
  // More than one where a source can be read again.
  readonly #readings: Reading[] = [];

  constructor(private readonly source: AsyncIterable<Uint8Array>) {}

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const reading = new Reading(openSource(this.source));
    this.#readings.push(reading);
    return reading;
  }

  /** Ends the source, unless it has ended or failed. Waits for it only as long as others don't have to. */
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

/** Waits for what closes, but not for what hangs: what has not closed when others had their turn closes by itself. */
async function soon(closing: Promise<unknown>): Promise<void> {
  // That the source took this badly is not what the caller wants to hear.
  await Promise.race([closing.catch(() => undefined), setImmediate()]);
}

/**
 * Begins a write: it is given a body that a store can take, and when it fails, before anything else was done or long
 * after, the source of the body is ended. The first line of every `write`: whoever is handed a source ends it.
 */
export function endingSource<T>(body: StoreBody, write: (body: StoreBody) => Promise<T>): Promise<T> {
  // One who has a source already ends it: the layer above, which hands it on.
  if (typeof body === "string" || body instanceof BodySource) return write(body);
  if (isBytes(body)) return write(ownBytes(body));
  // To be refused, when all that is wrong before was.
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

// What has no bytes any more is refused like what never had some.
function ownBytes(body: Bytes): Uint8Array {
  try {
    return bytesOf(body) ?? (body as Uint8Array);
  } catch {
    return body as Uint8Array;
  }
}

function isAsyncIterable(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
