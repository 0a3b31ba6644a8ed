import { schemeOf, splitLocation } from "../../../paths/location.js";
import { streamResult } from "../../read-result.js";
import type { Chunks, ObjectInfo, ReadOptions, ReadResult } from "../../store.js";

/** A copy of an object of the remote. No part of it is ever handed out or changed. A new copy replaces it. */
export interface CachedObject {
  /** The path that the caller asked for. */
  readonly path: string;
  /** The bytes, in memory that nothing else uses. They are no Buffer, whose `slice` would not copy. */
  readonly bytes: Uint8Array;
  readonly info: ObjectInfo;
  /**
   * A time at which the remote held exactly this, in milliseconds of the clock. It is the time before the request,
   * not the time of the answer.
   */
  readonly knownAt: number;
  /** Whether the remote was seen to hold something else since. */
  readonly outdated: boolean;
}

/**
 * Returns the key of a copy: the object path without scheme and container. A store that routes may reach one object
 * by several paths (`p`, `s3://bucket/p`), and a change by any of them has to find the copy. Two objects with one
 * path in two containers share a key. They take turns in the cache.
 */
export function cacheKey(path: string): string {
  return schemeOf(path) === undefined ? path : splitLocation(path).path;
}

/** Whether a copy is the version that the remote now holds. Without an etag nobody can tell. */
export function isSameVersion(copy: ObjectInfo, remote: ObjectInfo): boolean {
  return copy.etag !== undefined && copy.etag === remote.etag && copy.size === remote.size;
}

/** Returns a description that shares nothing mutable with the given one. */
export function copyInfo(info: ObjectInfo): ObjectInfo {
  return {
    ...info,
    ...(info.lastModified !== undefined && { lastModified: new Date(info.lastModified) }),
    ...(info.metadata !== undefined && { metadata: { ...info.metadata } }),
  };
}

/** Reads a copy, or a range of it. The reader gets bytes of its own, which are made when it asks for them. */
export function cachedResult(object: CachedObject, options: ReadOptions, store: string): ReadResult {
  const { offset = 0, length = Infinity, signal } = options;
  async function* chunks(): Chunks {
    const part = await Promise.resolve(object.bytes.slice(offset, offset + length));
    if (part.byteLength > 0) yield part;
  }
  return streamResult(copyInfo(object.info), chunks(), undefined, { store, signal });
}

/** Returns how many bytes such a result has. */
export function resultSize({ bytes }: CachedObject, { offset = 0, length = Infinity }: ReadOptions): number {
  return Math.min(Math.max(bytes.byteLength - offset, 0), length);
}
