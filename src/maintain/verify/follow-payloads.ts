import { abortable } from "../../async/abort.js";
import { giveUp } from "../../async/give-up.js";
import { callFailure } from "../../errors/as-storage-error.js";
import { unparsedPayload } from "../../hydrate/warn-of-text.js";
import type { PayloadWalk } from "./payload-walk.js";

// Number of references that are followed together. They keep all operations busy, and take some megabytes of memory.
const BATCH = 1000;

/**
 * Follows the references of payloads, a batch at a time.
 *
 * @param newWalk makes the walk that follows one batch
 * @param onFollowed is called after each batch
 * @returns how many payloads there were
 * @throws {StorageError} `UNEXPECTED` when the iterable fails
 */
export async function followPayloads(
  payloads: Iterable<unknown> | AsyncIterable<unknown>,
  newWalk: () => PayloadWalk,
  onFollowed: (walk: PayloadWalk) => unknown,
  signal: AbortSignal,
): Promise<number> {
  let walk = newWalk();
  const follow = async (): Promise<void> => {
    await walk.follow(signal);
    onFollowed(walk);
    walk = newWalk();
  };
  let index = 0;
  for await (const payload of untilAborted(payloads, signal)) {
    // Rows of a database are often text still. What such a payload leads to is in use all the same.
    await walk.add(unparsedPayload(payload) ?? payload, { parent: undefined, key: index++ }, signal);
    if (walk.pending >= BATCH) await follow();
  }
  await follow();
  return index;
}

/**
 * Yields the items of a user's iterable, until the signal fires.
 *
 * @throws {StorageError} `UNEXPECTED` when the iterable fails
 */
async function* untilAborted<T>(
  items: Iterable<T> | AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  let iterator: Iterator<T> | AsyncIterator<T> | undefined;
  try {
    iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    for (;;) {
      const next = await abortable(Promise.resolve(iterator.next()), signal);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    throw callFailure(error, signal, { operation: "verify" }, "source of payloads");
  } finally {
    giveUp(() => iterator?.return?.());
  }
}
