import { isWholeBody } from "../../body.js";
import type { StoreBody } from "../../store.js";

/** A body, and whether it can be handed to a store once more. */
export interface ReplayableBody {
  readonly body: StoreBody;
  /** A stream of which something was asked for. It can't be read from the beginning again. */
  readonly spent: boolean;
}

/** Watches a stream; bytes and strings can be written as often as it takes. */
export function replayableBody(body: StoreBody): ReplayableBody {
  if (isWholeBody(body)) return { body, spent: false };
  let spent = false;
  const watched: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]() {
      spent = true;
      return body[Symbol.asyncIterator]();
    },
  };
  return {
    body: watched,
    get spent() {
      return spent;
    },
  };
}
