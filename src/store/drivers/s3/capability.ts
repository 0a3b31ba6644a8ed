import type { Capability } from "../../capability.js";
import { MAX_PATH_BYTES } from "../../../paths/path.js";
import type { ParsedS3Options } from "./options.js";

/** What a store with these options can do. Frozen. */
export function s3Capability(
  { prefix, capability = {} }: ParsedS3Options,
  maxObjectSize: number,
): Readonly<Capability> {
  const { ifNoneMatch = true, ifMatch = true, deleteIfMatch = false } = capability;
  return Object.freeze({
    read: true,
    write: true,
    stat: true,
    delete: true,
    list: true,
    copy: true,
    presign: true,
    rangeRead: true,
    ifNoneMatch,
    ifMatch,
    deleteIfMatch,
    metadata: true,
    contentType: true,
    maxObjectSize,
    ...(prefix ? { maxPathLength: MAX_PATH_BYTES - Buffer.byteLength(`${prefix}/`) } : {}),
  });
}
