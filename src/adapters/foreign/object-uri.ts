import { noPointer } from "./pointer-format.js";
import type { Places, Pointer } from "./places.js";

const URI = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]+)\/([^?#]+)$/s;

/**
 * Parses an absolute URI of an object: `scheme://container/key`, with a percent-encoded key (RFC 3986).
 *
 * @throws {StorageError} `INVALID_REFERENCE`, also for a relative URI
 */
export function uriPointer(uri: string, format: string): Pointer {
  const [, scheme, bucket, path] = URI.exec(uri) ?? [];
  if (scheme === undefined || bucket === undefined || path === undefined) throw noPointer(format);
  try {
    return { scheme: scheme.toLowerCase(), bucket, key: decodeURIComponent(path) };
  } catch {
    throw noPointer(format);
  }
}

/**
 * Returns the URI of a ticket's object. It encodes as little as it can, because many readers of `s3://` use the key as
 * written.
 *
 * @throws {StorageError} as `Places.pointerTo` does, also for an unknown bucket
 */
export function uriTo(ticket: unknown, places: Places): string {
  const { scheme = "s3", bucket = places.bucketPointerTo(ticket).bucket, key } = places.pointerTo(ticket);
  return `${scheme}://${bucket}/${encodeURI(key).replaceAll(/[?#]/g, encodeURIComponent)}`;
}
