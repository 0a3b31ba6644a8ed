import type { ObjectInfo } from "../store.js";
import type { DriverCall } from "./driver-store.js";
import { plainError } from "./service-errors.js";

/** The facts of a response about one object, besides its size. */
export interface ObjectDescription {
  etag?: string | undefined;
  lastModified?: Date | undefined;
  contentType?: string | undefined;
  metadata?: Record<string, string> | undefined;
}

/** Makes the {@link ObjectInfo} of a response. Leaves out fields that are missing or empty. */
export function objectInfo(path: string, size: number, description: ObjectDescription): ObjectInfo {
  const { etag = "", lastModified, contentType, metadata } = description;
  return {
    path,
    size,
    ...(!/^(?:W\/)?"?"?$/.test(etag) && { etag: quotedEtag(etag) }),
    ...(lastModified !== undefined && { lastModified }),
    ...(contentType !== undefined && { contentType }),
    ...(metadata !== undefined && Object.keys(metadata).length > 0 && { metadata }),
  };
}

/**
 * Puts an ETag in quotes, the form of HTTP (RFC 9110, 8.8.3). A weak one keeps its `W/` before the quotes. Some
 * servers omit the quotes in headers, and some in XML or in listings.
 */
export function quotedEtag(etag: string): string {
  const [, weak = "", opaque] = /^(W\/)?"?(.*?)"?$/.exec(etag)!;
  return `${weak}"${opaque}"`;
}

/**
 * Returns the description of an object that must exist.
 *
 * @throws {StorageError} `NOT_FOUND`
 */
export function existing(info: ObjectInfo | undefined, call: DriverCall): ObjectInfo {
  if (info === undefined) throw plainError("NOT_FOUND", call);
  return info;
}
