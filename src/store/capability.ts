import { StorageError } from "../errors/error.js";

/** What a store can really do. Advertised means it works; not advertised means `UNSUPPORTED`, without I/O. */
export interface Capability {
  read: boolean;
  write: boolean;
  stat: boolean;
  delete: boolean;
  list: boolean;
  copy: boolean;
  presign: boolean;
  /** `offset` and `length` of a read transfer only that range. */
  rangeRead: boolean;
  /** Atomic write-if-absent. */
  ifNoneMatch: boolean;
  /** Atomic write-if-unchanged. */
  ifMatch: boolean;
  /** Atomic delete-if-unchanged. */
  deleteIfMatch: boolean;
  /** User metadata is kept. */
  metadata: boolean;
  /** The media type is kept. */
  contentType: boolean;
  /** Largest object in bytes; unlimited when absent. */
  maxObjectSize?: number;
  /** Longest path in UTF-8 bytes, when shorter than the 1,024 that every path may have. */
  maxPathLength?: number;
}

/** A yes-or-no capability. */
export type CapabilityFlag = {
  [Name in keyof Capability]-?: boolean extends Capability[Name] ? Name : never;
}[keyof Capability];

export const CAPABILITY_FLAGS = [
  "read",
  "write",
  "stat",
  "delete",
  "list",
  "copy",
  "presign",
  "rangeRead",
  "ifNoneMatch",
  "ifMatch",
  "deleteIfMatch",
  "metadata",
  "contentType",
] as const satisfies readonly CapabilityFlag[];

/** What the checks of a call need to know of a store. */
export interface CapableStore {
  readonly name: string;
  readonly capability: Readonly<Capability>;
  routes?(scheme: string): boolean;
  readonly schemes?: readonly string[] | undefined;
}

/** The error of a call that needs what the store does not advertise. */
function unsupportedError(store: CapableStore, flag: CapabilityFlag, operation: string, path?: string): StorageError {
  const what = flag === operation ? `the operation "${flag}"` : `"${flag}"`;
  return new StorageError("UNSUPPORTED", `The ${store.name} store does not support ${what}.`, {
    operation,
    store: store.name,
    path,
  });
}

/**
 * Refuses, without I/O, what a store does not advertise.
 *
 * @throws {StorageError} `UNSUPPORTED` unless `store.capability[flag]` is true
 */
export function requireCapability(store: CapableStore, flag: CapabilityFlag, operation: string, path?: string): void {
  if (!store.capability[flag]) throw unsupportedError(store, flag, operation, path);
}
