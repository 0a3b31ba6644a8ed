import type { StorageErrorCode } from "../errors/error.js";

/** Exit codes of the program. */
export const EXIT = {
  fine: 0,
  failed: 1,
  /** Wrong usage or configuration. */
  usage: 2,
  /** The verb found the problems that it looks for. */
  problems: 3,
  /** A part of the work was done. */
  inPart: 4,
  /** A safety limit refused the work, or nobody confirmed it. */
  refused: 5,
  notFound: 10,
  denied: 11,
  /** The work may succeed later. */
  unavailable: 12,
  interrupted: 130,
} as const;

/** One of {@link EXIT}. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code by error code. */
export const EXIT_BY_ERROR: Readonly<Record<StorageErrorCode, ExitCode>> = {
  NOT_FOUND: EXIT.notFound,
  CONTAINER_NOT_FOUND: EXIT.notFound,
  RELEASED: EXIT.notFound,
  ALREADY_EXISTS: EXIT.failed,
  PRECONDITION_FAILED: EXIT.failed,
  PERMISSION_DENIED: EXIT.denied,
  REFERENCE_DENIED: EXIT.denied,
  SIGNATURE_INVALID: EXIT.denied,
  UNSUPPORTED: EXIT.failed,
  INVALID_PATH: EXIT.usage,
  INVALID_REFERENCE: EXIT.failed,
  UNKNOWN_SCHEME: EXIT.usage,
  CYCLIC_REFERENCE: EXIT.failed,
  RECURSION_LIMIT: EXIT.refused,
  BUDGET_EXCEEDED: EXIT.refused,
  LIMIT_EXCEEDED: EXIT.refused,
  USAGE_LIMIT: EXIT.refused,
  INTEGRITY: EXIT.failed,
  DECODE_FAILED: EXIT.failed,
  UNSERIALIZABLE: EXIT.failed,
  SCHEMA_MISMATCH: EXIT.failed,
  STORAGE_DISABLED: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  MISSING_DEPENDENCY: EXIT.usage,
  INSUFFICIENT_STORAGE: EXIT.unavailable,
  THROTTLED: EXIT.unavailable,
  UNAVAILABLE: EXIT.unavailable,
  TIMEOUT: EXIT.unavailable,
  ABORTED: EXIT.interrupted,
  UNEXPECTED: EXIT.failed,
};
