import type { ObjectInfo } from "../store.js";
import type { DriverCall } from "./driver-store.js";
import { plainError } from "./service-errors.js";

/** What an answer says of one object, beside its size. */
export interface ObjectDescription {
  etag?: string | undefined;
  lastModified?: Date | undefined;
  contentType?: string | undefined;
  metadata?: Record<string, string> | undefined;
}

/** The {@link ObjectInfo} of an answer. What it leaves out, or leaves empty, is not there. */
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
 * An ETag in quotes, as HTTP writes it (RFC 9110, 8.8.3), a weak one with its `W/` before them. Some servers leave the
 * quotes away in headers, some in XML or in listings.
 */
export function quotedEtag(etag: string): string {
  const [, weak = "", opaque] = /^(W\/)?"?(.*?)"?$/.exec(etag)!;
  return `${weak}"${opaque}"`;
}

/**
 * The description of an object that a caller can't go on without.
 *
 * @throws {StorageError} `NOT_FOUND`
 */
export function existing(info: ObjectInfo | undefined, call: DriverCall): ObjectInfo {
  if (info === undefined) throw plainError("NOT_FOUND", call);
  return info;
}
