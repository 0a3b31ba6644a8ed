import { isObject } from "../json/is-object.js";
import { StorageError } from "../errors/error.js";

/**
 * What a store can really do. An advertised capability works. A call that needs another one is `UNSUPPORTED`, without
 * I/O.
 */
export interface Capability {
  read: boolean;
  write: boolean;
  stat: boolean;
  delete: boolean;
  list: boolean;
  copy: boolean;
  presign: boolean;
  /** Whether `offset` and `length` of a read transfer only that range. */
  rangeRead: boolean;
  /** Atomic write-if-absent. */
  ifNoneMatch: boolean;
  /** Atomic write-if-unchanged. */
  ifMatch: boolean;
  /** Atomic delete-if-unchanged. */
  deleteIfMatch: boolean;
  /** Whether user metadata is kept. */
  metadata: boolean;
  /** Whether the media type is kept. */
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

/** The verbs of a store. */
export const STORE_VERBS = ["read", "write", "stat", "delete", "list", "copy", "presign"] as const;

export const CAPABILITY_FLAGS = [
  ...STORE_VERBS,
  "rangeRead",
  "ifNoneMatch",
  "ifMatch",
  "deleteIfMatch",
  "metadata",
  "contentType",
] as const satisfies readonly CapabilityFlag[];

/** The part of a store that the checks of a call need. */
export interface CapableStore {
  readonly name: string;
  readonly capability: Readonly<Capability>;
  routes?(scheme: string): boolean;
  readonly schemes?: readonly string[] | undefined;
}

/** Whether a value has a name and a capability. A proxy that throws has none. */
export function isCapable(value: unknown): boolean {
  try {
    return isObject(value) && typeof value["name"] === "string" && isObject(value["capability"]);
  } catch {
    return false;
  }
}

/**
 * Refuses a call, without I/O, if it needs a capability that the store does not advertise.
 *
 * @throws {StorageError} `UNSUPPORTED` unless `store.capability[flag]` is true
 */
export function requireCapability(store: CapableStore, flag: CapabilityFlag, operation: string, path?: string): void {
  if (store.capability[flag]) return;
  const what = flag === operation ? `the operation "${flag}"` : `"${flag}"`;
  const details = { operation, store: store.name, path };
  throw new StorageError("UNSUPPORTED", `The ${store.name} store does not support ${what}.`, details);
}
