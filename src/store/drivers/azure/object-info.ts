import type { ObjectInfo } from "../../store.js";
import { fromAzureMetadata } from "./metadata.js";

/** What the responses that describe one blob have in common. */
export interface BlobDescription {
  etag?: string | undefined;
  lastModified?: Date | undefined;
  contentType?: string | undefined;
  metadata?: Record<string, string> | undefined;
}

/** The {@link ObjectInfo} of a response. */
export function toObjectInfo(path: string, size: number, description: BlobDescription): ObjectInfo {
  const { etag, lastModified, contentType, metadata } = description;
  return {
    path,
    size,
    ...(etag !== undefined && { etag: quotedEtag(etag) }),
    ...(lastModified !== undefined && { lastModified }),
    ...(contentType !== undefined && { contentType }),
    ...(metadata !== undefined && Object.keys(metadata).length > 0 && { metadata: fromAzureMetadata(metadata) }),
  };
}

/** An ETag in quotes, as HTTP writes it (RFC 9110, 8.8.3). Azure leaves them away in listings. */
export function quotedEtag(etag: string): string {
  return `"${etag.replace(/^"|"$/g, "")}"`;
}
