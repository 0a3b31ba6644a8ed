import type { DriverCall } from "../driver-store.js";
import type { ObjectInfo } from "../../store.js";
import { StorageError } from "../../../errors/error.js";
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
    ...(etag !== undefined && unquoted(etag) !== "" && { etag: quotedEtag(etag) }),
    ...(lastModified !== undefined && { lastModified }),
    ...(contentType !== undefined && { contentType }),
    ...(metadata !== undefined && Object.keys(metadata).length > 0 && { metadata: fromAzureMetadata(metadata) }),
  };
}

/** An ETag in quotes, as HTTP writes it (RFC 9110, 8.8.3); a weak one stays so. Azure leaves them away in listings. */
export function quotedEtag(etag: string): string {
  return /^W\/"/.test(etag) ? etag : `"${unquoted(etag)}"`;
}

function unquoted(etag: string): string {
  return etag.replace(/^(?:W\/)?"|"$/g, "");
}

/**
 * The size that an answer says.
 *
 * @throws {StorageError} `UNEXPECTED` when it says none: unknown is not zero
 */
export function statedSize(size: number | undefined, { details }: DriverCall): number {
  if (size !== undefined && Number.isSafeInteger(size) && size >= 0) return size;
  throw new StorageError("UNEXPECTED", "The server did not say how large the object is.", details);
}

/** What tells an answer of Azure from a page of a proxy. */
interface BlobAnswer {
  blobType?: string;
  requestId?: string;
  version?: string;
  contentType?: string;
}

/** @throws {StorageError} `UNEXPECTED` for a page of HTML without a header of Azure's: somebody else answered */
export function assertBlob({ blobType, requestId, version, contentType }: BlobAnswer, { details }: DriverCall): void {
  const isOfAzure = [blobType, requestId, version].some((header) => header !== undefined);
  if (isOfAzure || !/^(?:text\/html|application\/xhtml)/i.test(contentType ?? "")) return;
  throw new StorageError(
    "UNEXPECTED",
    "What answered is not Azure Blob Storage. Check the URL of the account.",
    details,
  );
}
