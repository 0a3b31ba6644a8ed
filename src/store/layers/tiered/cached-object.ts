import { schemeOf, splitLocation } from "../../../paths/location.js";
import { streamResult } from "../../read-result.js";
import type { ObjectInfo, ReadOptions, ReadResult } from "../../store.js";

/** A copy of an object of the remote. Nothing of it is ever handed out or changed: a new one takes its place. */
export interface CachedObject {
  /** The path by which it was asked for. */
  readonly path: string;
  /** A buffer of its own. */
  readonly bytes: Uint8Array;
  readonly info: ObjectInfo;
  /** When the remote held exactly this, in milliseconds of the clock: before it was asked, not when it answered. */
  readonly knownAt: number;
  /** Whether the remote was seen to hold something else since. */
  readonly outdated: boolean;
}

/**
 * What a copy is kept by: the object path without scheme and container. A store that routes may reach one object by
 * several of them (`p`, `s3://bucket/p`), and a change by any name has to find the copy. Two objects of one name in two
 * containers share a place; they take turns.
 */
export function cacheKey(path: string): string {
  if (schemeOf(path) === undefined) return path;
  return splitLocation(
    path,
    () => undefined,
    (problem) => new Error(problem),
  ).path;
}

/** Whether a copy is what the remote holds by now. Without an etag nobody can tell. */
export function isSameVersion(copy: ObjectInfo, remote: ObjectInfo): boolean {
  return copy.etag !== undefined && copy.etag === remote.etag && copy.size === remote.size;
}

/** A description that shares nothing mutable with another one. */
export function copyInfo(info: ObjectInfo): ObjectInfo {
  return {
    ...info,
    ...(info.lastModified !== undefined && { lastModified: new Date(info.lastModified) }),
    ...(info.metadata !== undefined && { metadata: { ...info.metadata } }),
  };
}

/** Reads a copy, or a range of it. The bytes are the reader's own, made when they are asked for. */
export function cachedResult(object: CachedObject, options: ReadOptions, store: string): ReadResult {
  const { offset = 0, length = Infinity, signal } = options;
  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const part = await Promise.resolve(object.bytes.slice(offset, offset + length));
    if (part.byteLength > 0) yield part;
  }
  return streamResult(copyInfo(object.info), chunks(), undefined, { store, signal });
}

/** How many bytes such a result brings. */
export function resultSize({ bytes }: CachedObject, { offset = 0, length = Infinity }: ReadOptions): number {
  return Math.min(Math.max(bytes.byteLength - offset, 0), length);
}
