import type { DriverCall } from "../driver-store.js";
import { StorageError } from "../../../errors/error.js";
import type { ObjectInfo } from "../../store.js";

/** The fields of an object resource that the store uses (JSON API, "Objects"). */
export interface ObjectResource {
  name?: string;
  size?: string | number;
  generation?: string | number;
  timeCreated?: string;
  contentType?: string;
  metadata?: Record<string, string>;
  crc32c?: string;
}

/** Query that requests only these fields. */
export const OBJECT_FIELDS = "name,size,generation,timeCreated,contentType,metadata,crc32c";

/** Converts an object resource to an {@link ObjectInfo}. The etag is the generation. */
export function toObjectInfo(path: string, resource: ObjectResource, call: DriverCall): ObjectInfo {
  const { generation, timeCreated, contentType } = resource;
  const metadata = resource.metadata ?? {};
  const size = sizeOf(resource);
  if (generation === undefined || String(generation) === "" || size === undefined || !isDescription(resource)) {
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

// The API writes the size as text. A missing size does not mean zero.
function sizeOf({ size }: ObjectResource): number | undefined {
  if (!/^\d{1,16}$/.test(String(size))) return undefined;
  return Number.isSafeInteger(Number(size)) ? Number(size) : undefined;
}

function isDescription({ contentType, metadata, timeCreated }: ObjectResource): boolean {
  if (![contentType, timeCreated].every((text) => text === undefined || typeof text === "string")) return false;
  if (metadata === undefined || (metadata as unknown) === null) return true;
  return typeof metadata === "object" && Object.values(metadata).every((value) => typeof value === "string");
}
