import type { Capability } from "../../capability.js";
import { MAX_PATH_BYTES } from "../../../paths/path.js";
import { MAX_BLOCKS, type ParsedAzureOptions } from "./options.js";

/** What a store with these options can do. Frozen. */
export function azureCapability({ prefix, blockSize, presign }: ParsedAzureOptions): Readonly<Capability> {
  return Object.freeze({
    read: true,
    write: true,
    stat: true,
    delete: true,
    list: true,
    copy: true,
    presign,
    rangeRead: true,
    ifNoneMatch: true,
    ifMatch: true,
    deleteIfMatch: true,
    metadata: true,
    contentType: true,
    maxObjectSize: blockSize * MAX_BLOCKS,
    ...(prefix ? { maxPathLength: MAX_PATH_BYTES - Buffer.byteLength(`${prefix}/`) } : {}),
  });
}
