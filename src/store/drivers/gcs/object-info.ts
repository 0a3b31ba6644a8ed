import { StorageError } from "../../../error.js";
import type { ObjectInfo } from "../../store.js";
import type { GcsCall } from "./errors.js";

/** The fields of an object resource that are used (JSON API, "Objects"). */
export interface ObjectResource {
  name?: string;
  size?: string | number;
  generation?: string | number;
  timeCreated?: string;
  contentType?: string;
  metadata?: Record<string, string>;
  crc32c?: string;
}

/** Asks for no more than that. */
export const OBJECT_FIELDS = "name,size,generation,timeCreated,contentType,metadata,crc32c";

/** The {@link ObjectInfo} of an object resource. Its etag is the generation. */
export function toObjectInfo(path: string, resource: ObjectResource, call: GcsCall): ObjectInfo {
  const { generation, timeCreated, contentType, metadata = {} } = resource;
  const size = Number(resource.size);
  if (generation === undefined || !Number.isSafeInteger(size)) {
    throw new StorageError("UNEXPECTED", "The server's description of the object is not complete.", call.details);
  }
  const created = timeCreated === undefined ? NaN : Date.parse(timeCreated);
  const entries = Object.entries(metadata).map(([key, value]) => [key.toLowerCase(), value] as const);
  return {
    path,
    size,
    etag: String(generation),
    ...(!Number.isNaN(created) && { lastModified: new Date(created) }),
    ...(contentType !== undefined && { contentType }),
    ...(entries.length > 0 && { metadata: Object.fromEntries(entries) }),
  };
}
