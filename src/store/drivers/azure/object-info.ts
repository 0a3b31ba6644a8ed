import type { DriverCall } from "../driver-store.js";
import type { ObjectInfo } from "../../store.js";
import { StorageError } from "../../../errors/error.js";
import type { CallDetails } from "../../check.js";
import { objectInfo, type ObjectDescription } from "../object-info.js";
import { fromAzureMetadata } from "./metadata.js";

/** Makes the {@link ObjectInfo} of a response. */
export function toObjectInfo(path: string, size: number, description: ObjectDescription): ObjectInfo {
  const { etag, lastModified, contentType, metadata } = description; // not spread, since the SDK has getters for them
  return objectInfo(path, size, { etag, lastModified, contentType, metadata: metadata && fromAzureMetadata(metadata) });
}

/**
 * Returns the size that a response states.
 *
 * @throws {StorageError} `UNEXPECTED` if it states no size, which does not mean zero
 */
export function statedSize(size: number | undefined, { details }: DriverCall): number {
  if (size !== undefined && Number.isSafeInteger(size) && size >= 0) return size;
  throw new StorageError("UNEXPECTED", "The server did not say how large the object is.", details);
}

/** The fields that distinguish a response of Azure from the page of a proxy. */
interface BlobAnswer {
  blobType?: string;
  requestId?: string;
  version?: string;
  contentType?: string;
}

/** @throws {StorageError} `UNEXPECTED` for an HTML page without a header of Azure, which came from another server */
export function assertBlob({ blobType, requestId, version, contentType }: BlobAnswer, { details }: DriverCall): void {
  const isOfAzure = [blobType, requestId, version].some((header) => header !== undefined);
  if (isOfAzure || !/^(?:text\/html|application\/xhtml)/i.test(contentType ?? "")) return;
  throw foreignAnswer(details);
}

/** Makes the error of a response that can't be from Azure. */
export function foreignAnswer(details: CallDetails): StorageError {
  const message = "What answered is not Azure Blob Storage. Check the URL of the account.";
  return new StorageError("UNEXPECTED", message, details);
}
