import type { ObjectInfo } from "../store.js";
import type { DriverCall } from "./driver-store.js";
import { existing } from "./object-info.js";

/**
 * What a copy inside a service has to know of its source: what the caller knows, where that is enough for an object to be
 * copied by one request, else what the service says.
 *
 * @param maxSize most bytes that one request copies
 * @throws {StorageError} `NOT_FOUND`
 */
export async function sourceOfCopy(
  [from, to]: readonly [from: string, to: string],
  maxSize: number,
  stat: () => Promise<ObjectInfo | undefined>,
  call: DriverCall,
): Promise<ObjectInfo> {
  const { sourceSize } = call;
  if (sourceSize !== undefined && sourceSize <= maxSize && from !== to) return { path: from, size: sourceSize };
  return existing(await stat(), call);
}
