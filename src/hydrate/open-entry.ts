import { RAISE } from "./budget.js";
import { abortedCall } from "../call/deadline.js";
import { LinkedAbort } from "../async/linked-abort.js";
import { onAbort, type StopListening } from "../async/on-abort.js";
import { digestText, beginSha256 } from "../bytes/digest.js";
import { formatLocation } from "../paths/location.js";
import type { ParsedReference } from "../reference/reference.js";
import { abortable } from "../async/abort.js";
import type { StoredObject } from "../object/stored-object.js";
import { serialize } from "../json/serialize.js";
import type { CodecSet } from "../codecs/codec-set.js";
import { isNotFound, StorageError, type StorageErrorDetails } from "../errors/error.js";
import { bytesResult, streamResult } from "../store/read-result.js";
import type { ObjectInfo, ReadResult, Store } from "../store/store.js";
import { admitLocation } from "../access/admit.js";
import { allowListOf } from "../configure/confine.js";
import { assertDecodable, decodeBytes, decodeChunks } from "./decode-codecs.js";
import { EntryDecoder, isBinary, type DecodedObject } from "./decode-entry.js";
import { readEntry, integrityError, verifyEntry } from "./entry-bytes.js";
import { giveUp } from "../async/give-up.js";
import { absenceOf } from "./released.js";
import { chunksOfLength, cutBytes, partOfRange, rangeWithin } from "./read-range.js";
import { chunksOf, openPart } from "./reads/open-part.js";
import { fetchReplaced, openReplaced } from "./replaced/open-replaced.js";
import { requireStore } from "../call/call.js";
import type { OpenSettings } from "../configure/call-settings.js";
import { callFailure } from "../errors/as-storage-error.js";

/**
 * Opens the entry that a reference points at. Binary comes as a stream that is verified while it is read. A text
 * comes as its UTF-8. Any other value comes as its JSON, in which references and escaped keys stay as they are. For a
 * range of binary that is stored as it is, only the range is read. So only its length can be verified.
 *
 * @param reference a reference that was checked. A part that it selects is ignored.
 * @param signal ends the opening; `callerSignal` also ends the reading
 */
export async function openStoredEntry(
  reference: ParsedReference,
  settings: OpenSettings,
  signal: AbortSignal,
  callerSignal: AbortSignal | undefined,
): Promise<ReadResult> {
  return admitted(reference, settings, signal, (store) =>
    isBinary(reference)
      ? openBinary(store, reference, settings, signal, callerSignal)
      : openObject(store, reference, settings, signal),
  );
}

/** Returns the checked value of a reference that is not to binary. The part that it selects is ignored. */
export async function readStoredObject(
  reference: ParsedReference,
  settings: OpenSettings,
  signal: AbortSignal,
): Promise<StoredObject> {
  const decoded = await admitted(reference, settings, signal, (store) =>
    decodeObject(store, reference, settings, signal),
  );
  return decoded.object;
}

/** Reads the entry that a reference points at, if hydration may read it. */
async function admitted<T>(
  reference: ParsedReference,
  settings: OpenSettings,
  signal: AbortSignal,
  read: (store: Store) => Promise<T>,
): Promise<T> {
  admitLocation(reference.location, allowListOf(settings), settings.store);
  assertDecodable(reference, settings.codecs);
  const store = requireStore(settings, "open");
  try {
    return await read(store);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw await absenceOf(reference.location, error, store, settings.retention.clock.now(), signal);
  }
}

async function openObject(
  store: Store,
  reference: ParsedReference,
  settings: OpenSettings,
  signal: AbortSignal,
): Promise<ReadResult> {
  const { contentType, data } = (await decodeObject(store, reference, settings, signal)).object;
  const bytes = Buffer.from(contentType === "raw" ? (data as string) : serialize(data, false));
  return bytesResult(infoOf(reference, bytes.byteLength), cutBytes(bytes, settings.range));
}

async function decodeObject(
  store: Store,
  reference: ParsedReference,
  { maxBytes, codecs }: OpenSettings,
  signal: AbortSignal,
): Promise<DecodedObject> {
  const limit = reference.size ?? maxBytes;
  const tooLarge = (): Error =>
    reference.size === undefined
      ? tooManyBytes("bytes (maxBytes), and the reference does not say how many", maxBytes)
      : integrityError(`it has more than ${limit} bytes`, store.name, formatLocation(reference.location));
  const entry = await readEntry(store, reference, limit, tooLarge, signal).catch((error: unknown) => {
    if (!isReplaceable(error, reference, codecs)) throw error;
    return fetchReplaced(store, reference, error, maxBytes, signal);
  });
  verifyEntry(entry, reference, store.name);
  const limits = { maxBytes, tooLarge: () => tooManyBytes(DECODED, maxBytes), signal };
  const plain = await decodeBytes(entry.bytes, reference, codecs, limits);
  return new EntryDecoder(plain).decode(reference) as DecodedObject; // it is no binary
}

/** Opens an entry of binary, encoded or not, as a stream. The stream fails at its end if it is not what was written. */
export async function openBinary(
  store: Store,
  reference: ParsedReference,
  settings: OpenSettings,
  signal: AbortSignal,
  callerSignal: AbortSignal | undefined,
): Promise<ReadResult> {
  const path = formatLocation(reference.location);
  const details = { operation: "open", store: store.name, path };
  const body = new BodySignal(signal, callerSignal);
  try {
    const isEncoded = reference.encoding !== undefined;
    // The source of an encoded byte is known only after everything before it was decoded.
    const range = isEncoded ? undefined : rangeWithin(settings.range, reference);
    const { result, isReplaced } = await openStored(store, reference, { ...settings, range }, signal, body.signal);
    const all = bodyChunks(result, body, details);
    // A replacement of the entry has another digest. Its decryption verifies it.
    const stored = isReplaced ? all : verifiedChunks(all, reference, range, store.name);
    // No limit: the reader takes bytes at its own pace, and stops when it has enough.
    const limits = { maxBytes: Infinity, tooLarge: () => tooManyBytes(DECODED, Infinity), signal: body.signal };
    const decoded = isEncoded ? decodeChunks(stored, reference, settings.codecs, limits) : stored;
    const wanted = isEncoded && settings.range !== undefined ? chunksOf(decoded, settings.range) : decoded;
    const chunks = isEncoded ? freed(wanted, result, body) : wanted;
    // Decoding may hang too, for example in a key provider. Then no chunks are read, and their end would not free the
    // body.
    if (isEncoded) body.signal.addEventListener("abort", () => giveUp(() => result.cancel()), { once: true });
    const release = (): Promise<void> => {
      body.unlink();
      return result.cancel();
    };
    const info = infoOf(reference, reference.size ?? result.info.size);
    return streamResult(info, chunks, release, isEncoded ? { store: store.name, signal: body.signal } : {});
  } catch (error) {
    body.unlink();
    throw callFailure(error, body.signal, details);
  }
}

async function openStored(
  store: Store,
  reference: ParsedReference,
  { maxBytes, codecs, range }: OpenSettings,
  signal: AbortSignal,
  bodySignal: AbortSignal,
): Promise<{ result: ReadResult; isReplaced: boolean }> {
  const open = (read: Promise<ReadResult>): Promise<ReadResult> =>
    abortable(read, signal, undefined, (late) => late.cancel());
  try {
    const path = formatLocation(reference.location);
    return { result: await open(openPart(store, path, partOfRange(range, reference), bodySignal)), isReplaced: false };
  } catch (error) {
    if (!isReplaceable(error, reference, codecs)) throw error;
    return { result: await open(openReplaced(store, reference, error, maxBytes, bodySignal)), isReplaced: true };
  }
}

/** Returns whether another entry may have replaced a missing one. */
function isReplaceable(error: unknown, { encoding }: ParsedReference, codecs: CodecSet): error is StorageError {
  return isNotFound(error) && codecs.endsEncrypted(encoding);
}

const DECODED = "bytes when it is decoded (maxBytes)";

function tooManyBytes(what: string, maxBytes: number): StorageError {
  const message = `The object has more than ${maxBytes} ${what}. ${RAISE}`;
  return new StorageError("BUDGET_EXCEEDED", message, { operation: "open" });
}

/**
 * Frees the body when the reader stops. A decoder reads ahead, and closes its source later. The reader does not wait
 * for that, and no listener stays on its signal.
 */
function freed(chunks: AsyncIterable<Uint8Array>, result: ReadResult, body: BodySignal): AsyncIterable<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        try {
          const next = await iterator.next();
          if (next.done === true) body.unlink();
          return next;
        } catch (error) {
          body.unlink();
          throw error;
        }
      },
      async return() {
        body.unlink();
        giveUp(() => result.cancel());
        giveUp(() => iterator.return?.());
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
}

/** Yields the chunks of a body, until the signal fires. */
async function* bodyChunks(
  result: ReadResult,
  body: BodySignal,
  details: StorageErrorDetails,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    // A user's own store may answer with anything.
    const iterator = result[Symbol.asyncIterator]();
    for (;;) {
      const next = await abortable(iterator.next(), body.signal);
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    throw callFailure(error, body.signal, details);
  } finally {
    body.unlink();
    giveUp(() => result.cancel());
  }
}

/** Passes chunks on, and fails at the end with `INTEGRITY` if they are not those of the reference's entry. */
async function* verifiedChunks(
  chunks: AsyncIterable<Uint8Array>,
  reference: ParsedReference,
  range: OpenSettings["range"],
  store: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (range !== undefined) {
    yield* chunksOfLength(chunks, range, reference, store);
    return;
  }
  const hash = beginSha256();
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.byteLength;
    if (reference.size !== undefined && size > reference.size) {
      throw integrityError(`it has more than ${reference.size} bytes`, store, formatLocation(reference.location));
    }
    hash.update(chunk);
    yield chunk;
  }
  verifyEntry({ size, digest: digestText(hash) }, reference, store);
}

function infoOf({ location, contentType }: ParsedReference, size: number): ObjectInfo {
  return { path: formatLocation(location), size, ...(contentType === undefined ? {} : { contentType }) };
}

/**
 * The signal of a body that outlives the call which opened it. It fires with the signal of the call, which has a time
 * limit. After the call, it fires with the caller's own signal. Unlike `AbortSignal.any`, it leaves nothing on a
 * long-lived signal once it is unlinked.
 */
class BodySignal extends LinkedAbort {
  readonly #stop: StopListening;

  constructor(callSignal: AbortSignal, callerSignal: AbortSignal | undefined) {
    super(callSignal);
    this.#stop = onAbort(callerSignal, () => this.abort(abortedCall("open", callerSignal!)));
  }

  override unlink(): void {
    super.unlink();
    this.#stop();
  }
}
