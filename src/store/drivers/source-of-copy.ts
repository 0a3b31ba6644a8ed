import { StorageError, isStorageError } from "../../errors/error.js";
import type { ObjectInfo } from "../store.js";
import type { DriverCall } from "./driver-store.js";
import { existing } from "./object-info.js";

/**
 * Describes the source of a copy inside a service. The caller may know the size already. The size is enough if one
 * request can copy the object. Otherwise asks the service.
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

/** Returns the error of a copy. If the source is no longer the described version, another attempt may succeed. */
export function copyError(error: unknown, { details }: DriverCall): unknown {
  if (!isStorageError(error, "PRECONDITION_FAILED")) return error;
  const { cause } = error;
  return new StorageError("UNAVAILABLE", "The object was overwritten while it was copied.", { ...details, cause });
}
