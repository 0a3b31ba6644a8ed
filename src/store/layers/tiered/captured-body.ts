import { bytesOf, isBytes, isDetached } from "../../../bytes/bytes.js";
import { GatheredBytes } from "../../../bytes/gathered-bytes.js";
import { isWholeBody } from "../../body.js";
import type { StoreBody } from "../../store.js";
import type { Allowance } from "./allowance.js";

/** A body on its way to the remote, and the bytes that were sent. */
interface CapturedBody {
  /** The body that the remote is given to write. */
  readonly body: StoreBody;
  /** Returns the bytes that were written, if all of them are known. Nobody else writes to their buffer. */
  bytes(): Uint8Array | undefined;
  /** Gives back the memory that this takes. */
  release(): void;
}

// Bytes to make room for at the start, if the size of a stream is not known.
const FIRST_SIZE = 64 * 1024;

/** Keeps the bytes of a write, if they are at most `limit` and the allowance has room for them. */
export function captureBody(
  body: StoreBody,
  declaredSize: number | undefined,
  limit: number,
  allowance: Allowance,
): CapturedBody {
  const size = typeof body === "string" ? Buffer.byteLength(body) : isWholeBody(body) ? body.byteLength : declaredSize;
  const reserved = size ?? limit;
  if (reserved > limit || !allowance.take(reserved)) {
    return { body, bytes: () => undefined, release: () => undefined };
  }
  const release = (): void => allowance.giveBack(reserved);
  if (typeof body === "string") return { body, bytes: () => new TextEncoder().encode(body), release };
  if (isWholeBody(body)) {
    const copy = new Uint8Array(body); // the writer may change its own before the remote has read it all
    return { body: copy, bytes: () => copy, release };
  }
  const stream = new CapturedStream(body, new GatheredBytes(reserved, size ?? FIRST_SIZE));
  return { body: stream, bytes: () => stream.bytes(), release };
}

/**
 * The stream that captures its chunks. It is no generator: when the remote gives up a source that hangs, the source
 * must hear of it.
 */
class CapturedStream implements AsyncIterable<Uint8Array> {
  #begun = false;
  #complete = false;

  constructor(
    private readonly source: AsyncIterable<Uint8Array>,
    private gathered: GatheredBytes | undefined,
  ) {}

  bytes(): Uint8Array | undefined {
    return this.#complete && this.gathered ? new Uint8Array(this.gathered.kept().buffer) : undefined;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const iterator = this.source[Symbol.asyncIterator]();
    // The body was read twice, and nobody knows which reading was written.
    if (this.#begun) this.gathered = undefined;
    this.#begun = true;
    return {
      next: async () => {
        const next = await iterator.next();
        if (next.done !== true) return { done: false, value: this.#capture(next.value) };
        this.#complete = true;
        return next;
      },
      return: async () => (await iterator.return?.()) ?? { done: true, value: undefined },
    };
  }

  // The remote gets the bytes that are kept, even if the source uses its buffer again.
  #capture(chunk: Uint8Array): Uint8Array {
    const bytes = isBytes(chunk) && !isDetached(chunk) ? bytesOf(chunk) : undefined;
    const begin = this.gathered?.size;
    // The chunk can't be written, or is too much.
    if (bytes === undefined || this.gathered?.take(bytes) !== undefined) this.gathered = undefined;
    return this.gathered?.bytes().subarray(begin) ?? chunk;
  }
}
