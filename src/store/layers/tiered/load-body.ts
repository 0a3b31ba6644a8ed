import { GatheredBytes } from "../../../bytes/gathered-bytes.js";
import { streamResult } from "../../read-result.js";
import type { Chunks, ReadResult } from "../../store.js";
import type { Allowance } from "./allowance.js";
import { OneReaderBody } from "./one-reader-body.js";

/** The request that a body comes from. */
interface BodyRequest {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
}

/**
 * Reads a body into a buffer of its own. The body must declare at most `limit` bytes, and the allowance must have
 * room for them. Otherwise the body is left to one reader, and so is a body that brings more bytes than it declared.
 */
export async function loadBody(
  result: ReadResult,
  request: BodyRequest,
  limit: number,
  allowance: Allowance,
): Promise<Uint8Array | OneReaderBody> {
  const { size } = result.info;
  const { signal } = request;
  const body = streamResult(result.info, result, () => result.cancel(), { signal });
  const leave = (rest: AsyncIterable<Uint8Array>): OneReaderBody =>
    new OneReaderBody(result, rest, (reason) => request.abort(reason));
  if (!(Number.isSafeInteger(size) && size >= 0 && size <= limit && allowance.take(size))) return leave(body);
  try {
    const chunks = body[Symbol.asyncIterator]();
    const gathered = new GatheredBytes(size, size);
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      const rest = gathered.take(next.value);
      if (rest !== undefined) return leave(resumed([gathered.bytes(), rest], chunks));
    }
    return new Uint8Array(gathered.kept().buffer);
  } catch (error) {
    result.cancel().catch(() => undefined); // not awaited: a body that hangs might not answer
    throw error;
  } finally {
    allowance.giveBack(size);
  }
}

async function* resumed(begin: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): Chunks {
  yield* begin;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}
