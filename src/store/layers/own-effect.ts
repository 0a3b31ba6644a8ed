import { wholeBytes } from "../body.js";
import { StorageError, foundOrMissing } from "../../errors/error.js";
import type { CallOptions, ObjectInfo, ReadResult, Store, WriteOptions } from "../store.js";

/**
 * Checks whether an object is what a write was to put there: bytes, content type and metadata. Returns the object's
 * info if so, and `undefined` if it is another object. Throws if neither can be told.
 */
export async function writtenAlready(
  store: Store,
  path: string,
  body: Uint8Array | string,
  options: WriteOptions,
): Promise<ObjectInfo | undefined> {
  const result = await store.read(path, { signal: options.signal });
  try {
    const expected = wholeBytes(body);
    const same = sameAttributes(result.info, options) && (await sameBytes(result, expected));
    return same ? result.info : undefined;
  } finally {
    result.cancel().catch(() => undefined);
  }
}

/** Whether there is no object at a path. */
export async function isGone(store: Store, path: string, { signal }: CallOptions): Promise<boolean> {
  return (await foundOrMissing(store.stat(path, { signal }))) === undefined;
}

function sameAttributes(info: ObjectInfo, { contentType, metadata }: WriteOptions): boolean {
  if (contentType !== undefined && info.contentType !== contentType) return false;
  return Object.entries(metadata ?? {}).every(([key, value]) => info.metadata?.[key] === value);
}

async function sameBytes(result: ReadResult, expected: Uint8Array): Promise<boolean> {
  if (result.info.size !== expected.byteLength) return false;
  let offset = 0;
  for await (const chunk of result) {
    const part = expected.subarray(offset, offset + chunk.byteLength);
    if (Buffer.compare(part, chunk) !== 0) return false;
    offset += chunk.byteLength;
  }
  // The bytes that came are the same, but the rest is unknown. That shows nothing.
  if (offset < expected.byteLength) throw new StorageError("UNAVAILABLE", "The body ended early.");
  return true;
}
