import type { ObjectInfo } from "../../store.js";

/** What the responses that describe one object have in common. */
export interface ObjectDescription {
  ETag?: string | undefined;
  LastModified?: Date | undefined;
  ContentType?: string | undefined;
  Metadata?: Record<string, string> | undefined;
}

/** The {@link ObjectInfo} of a response. */
export function toObjectInfo(path: string, size: number, description: ObjectDescription): ObjectInfo {
  const { ETag, LastModified, ContentType, Metadata } = description;
  return {
    path,
    size,
    ...(ETag !== undefined && ETag !== "" && { etag: quotedEtag(ETag) }),
    ...(LastModified !== undefined && { lastModified: LastModified }),
    ...(ContentType !== undefined && { contentType: ContentType }),
    ...(Metadata !== undefined && Object.keys(Metadata).length > 0 && { metadata: Metadata }),
  };
}

/**
 * An ETag in quotes, as HTTP writes it (RFC 9110, 8.8.3), a weak one with its `W/` before them. Some servers leave the
 * quotes away in headers, some in XML.
 */
export function quotedEtag(etag: string): string {
  const [, weak = "", opaque] = /^(W\/)?"?(.*?)"?$/.exec(etag)!;
  return `${weak}"${opaque}"`;
}
