import type { StorageErrorCode } from "../error.js";

/** What a manager does: the calls of its users, and the store operations that they lead to. */
export type ObservedOperation =
  "dehydrate" | "hydrate" | "open" | "release" | "resolve" | "write" | "read" | "list" | "delete";

/**
 * One operation that has ended. Holds no payload data, keys or credentials, and no paths: every field but `stepRunId`
 * and `scope` can be a metric label.
 */
export interface StorageEvent {
  operation: ObservedOperation;
  /** Name of the store; absent when storage is disabled. */
  store?: string;
  outcome: "success" | "error";
  /** Code of the error, when the outcome is one. */
  code?: StorageErrorCode;
  /**
   * Bytes moved by a store operation; of a `dehydrate`, bytes of the payload's JSON before; of a `hydrate`, decoded
   * bytes that were put in place.
   */
  bytes: number;
  /** Of a `dehydrate`: bytes of the payload's JSON after. */
  inlineBytes?: number;
  /** Milliseconds. */
  durationMs: number;
  /** Of a `dehydrate`: values that left. Of a `hydrate`: references resolved. */
  entries?: number;
  /** Store objects that the call wrote, read or deleted. */
  objects?: number;
  /** The step run that the call is attributed to. */
  stepRunId?: string;
  /** The scope of a `dehydrate` or `release`. */
  scope?: string;
}

/** Is told of every operation after its end. What it throws is ignored; it should not block. */
export type StorageObserver = (event: StorageEvent) => void;
