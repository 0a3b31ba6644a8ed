import { types } from "node:util";
import { liesElsewhere } from "../listed-object.js";
import { openListing } from "../open-listing.js";
import type { ListOptions, ObjectInfo, ReadResult, Store } from "../store.js";
import type { GuardedCall } from "./call.js";
import { guardedInfo } from "./info.js";

/** Returns the result of a read of `path`. Its body brings bytes, ends, or fails with a `StorageError`. */
export function guardedResult(answer: unknown, call: GuardedCall, path: string): ReadResult {
  const result = (answer ?? {}) as ReadResult;
  const cancel = (): Promise<void> => call.run(() => result.cancel());
  try {
    for (const name of ["bytes", "cancel", Symbol.asyncIterator] as const) {
      if (typeof result[name] !== "function") throw call.badAnswer(`a ReadResult, which has a method ${String(name)}`);
    }
    const info = guardedInfo(result.info, call, path);
    return {
      info,
      [Symbol.asyncIterator]() {
        const iterator = begun(result, call);
        return guardedSteps(
          () => iterator,
          call,
          (chunk) => checkedBytes(chunk, call),
        );
      },
      bytes: async () => checkedBytes(await call.run(() => result.bytes()), call),
      cancel,
    };
  } catch (error) {
    if (typeof result.cancel === "function") cancel().catch(() => undefined); // the result may hold a connection
    throw error;
  }
}

/** Returns a listing of objects that ends, or fails with a `StorageError`. */
export function guardedListing(
  store: Store,
  prefix: string,
  options: ListOptions | undefined,
  call: GuardedCall,
): AsyncIterable<ObjectInfo> {
  const listing = { [Symbol.asyncIterator]: () => openListing(store, prefix, options)[Symbol.asyncIterator]() };
  const checked = (listed: unknown): ObjectInfo => {
    // The error is the same as for every path that is not believed.
    if (typeof (listed as Partial<ObjectInfo> | null)?.path !== "string") throw liesElsewhere(prefix, store.name);
    return guardedInfo(listed, call);
  };
  return { [Symbol.asyncIterator]: () => guardedSteps(() => begun(listing, call), call, checked) };
}

// This is not a generator. Giving up must reach the store below at once, even while a step of it hangs.
function guardedSteps<T>(
  begin: () => AsyncIterator<unknown>,
  call: GuardedCall,
  checked: (value: unknown) => T,
): AsyncIterableIterator<T> {
  let iterator: AsyncIterator<unknown> | undefined;
  let over = false;
  const end = async (): Promise<IteratorResult<T>> => {
    if (!over) {
      over = true;
      await call.run(() => (iterator ??= begin()).return?.());
    }
    return { done: true, value: undefined };
  };
  return {
    async next() {
      if (over) return { done: true, value: undefined };
      const step: unknown = await call.run(() => (iterator ??= begin()).next());
      if (typeof step !== "object" || step === null) throw call.badAnswer("an async iterable, whose steps are objects");
      const { done, value } = step as IteratorResult<unknown, unknown>;
      if (done === true) {
        over = true;
        return { done: true, value: undefined };
      }
      try {
        return { done: false, value: checked(value) };
      } catch (error) {
        // A store that answers like this is asked no more.
        end().catch(() => undefined);
        throw error;
      }
    },
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function begun(iterable: AsyncIterable<unknown>, call: GuardedCall): AsyncIterator<unknown> {
  let iterator: unknown;
  try {
    iterator = iterable[Symbol.asyncIterator]();
  } catch (error) {
    throw call.failure(error);
  }
  if (typeof (iterator as Partial<AsyncIterator<unknown>> | null | undefined)?.next !== "function") {
    throw call.badAnswer("an async iterable");
  }
  return iterator as AsyncIterator<unknown>;
}

function checkedBytes(chunk: unknown, call: GuardedCall): Uint8Array {
  if (types.isUint8Array(chunk)) return chunk;
  throw call.badAnswer("a body of bytes: of Uint8Array, and nothing else");
}
