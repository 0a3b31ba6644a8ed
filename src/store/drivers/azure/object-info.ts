import type { DriverCall } from "../driver-store.js";
import type { ObjectInfo } from "../../store.js";
import { StorageError } from "../../../errors/error.js";
import type { CallDetails } from "../../check.js";
import { objectInfo, type ObjectDescription } from "../object-info.js";
import { fromAzureMetadata } from "./metadata.js";

/** The {@link ObjectInfo} of a response. */
export function toObjectInfo(path: string, size: number, description: ObjectDescription): ObjectInfo {
  const { etag, lastModified, contentType, metadata } = description; // not spread: the SDK has getters for them
  return objectInfo(path, size, { etag, lastModified, contentType, metadata: metadata && fromAzureMetadata(metadata) });
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
  throw foreignAnswer(details);
}

/** The error of an answer that can't be Azure's. */
export function foreignAnswer(details: CallDetails): StorageError {
  const message = "What answered is not Azure Blob Storage. Check the URL of the account.";
  return new StorageError("UNEXPECTED", message, details);
}
