import type { ObjectInfo } from "../../store.js";
import { objectInfo } from "../object-info.js";

/** The common fields of the responses that describe one object. */
export interface S3Description {
  ETag?: string | undefined;
  LastModified?: Date | undefined;
  ContentType?: string | undefined;
  Metadata?: Record<string, string> | undefined;
}

/** Makes the {@link ObjectInfo} of a response. */
export function toObjectInfo(path: string, size: number, description: S3Description): ObjectInfo {
  const { ETag: etag, LastModified: lastModified, ContentType: contentType, Metadata: metadata } = description;
  return objectInfo(path, size, { etag, lastModified, contentType, metadata });
}
