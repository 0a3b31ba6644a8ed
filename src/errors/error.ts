import { fullMessage } from "./message.js";
import { INSPECT, SHOWS_ITSELF, shownError } from "./error-inspection.js";

/** The stable codes of {@link StorageError}. Match on these, never on messages. */
export const STORAGE_ERROR_CODES = [
  "NOT_FOUND",
  "CONTAINER_NOT_FOUND",
  "ALREADY_EXISTS",
  "PRECONDITION_FAILED",
  "PERMISSION_DENIED",
  "UNSUPPORTED",
  "INVALID_PATH",
  "INVALID_REFERENCE",
  "UNKNOWN_SCHEME",
  "REFERENCE_DENIED",
  "SIGNATURE_INVALID",
  "CYCLIC_REFERENCE",
  "RECURSION_LIMIT",
  "BUDGET_EXCEEDED",
  "INTEGRITY",
  "DECODE_FAILED",
  "UNSERIALIZABLE",
  "SCHEMA_MISMATCH",
  "STORAGE_DISABLED",
  "LIMIT_EXCEEDED",
  "USAGE_LIMIT",
  "INSUFFICIENT_STORAGE",
  "THROTTLED",
  "UNAVAILABLE",
  "TIMEOUT",
  "ABORTED",
  "RELEASED",
  "CONFIG_INVALID",
  "MISSING_DEPENDENCY",
  "UNEXPECTED",
] as const;

/** One of {@link STORAGE_ERROR_CODES}. */
export type StorageErrorCode = (typeof STORAGE_ERROR_CODES)[number];

const RETRYABLE: ReadonlySet<StorageErrorCode> = new Set<StorageErrorCode>(["THROTTLED", "UNAVAILABLE", "TIMEOUT"]);

/** Where an error happened, and why. */
export interface StorageErrorDetails {
  operation?: string | undefined;
  store?: string | undefined;
  path?: string | undefined;
  cause?: unknown;
  /** Default: true for `THROTTLED`, `UNAVAILABLE` and `TIMEOUT`. */
  retryable?: boolean | undefined;
}

// Shared by the ESM and the CommonJS build, so that each build recognises errors of the other.
const BRAND = Symbol.for("coatcheck.StorageError");
const TEXT = Symbol.for("coatcheck.StorageError.text");

/**
 * The only error type of this library. `code` is stable. `retryable` says whether the same call may succeed later.
 * Messages never hold payload data, keys or credentials. They say what happened and what to do. They end in the code,
 * the operation, the store and the path, where the text does not say them. An example:
 * `No space is left. Make room, and call again. [INSUFFICIENT_STORAGE, write, store "file", path "outputs/a.json"]`.
 *
 * The `cause` of a driver error is cleaned, so that it holds no request, response or URL. An error of your own code is
 * the `cause` unchanged. It may come from your store, resolver, stream, schema or key provider, or be the reason of an
 * abort. Its name, message, stack, and facts such as a code or a status are all that `util.inspect` and `console.log`
 * show.
 *
 * @example
 * try {
 *   await manager.hydrate(message);
 * } catch (error) {
 *   if (isStorageError(error, "NOT_FOUND")) return; // released in the meantime
 *   throw error;
 * }
 */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  readonly retryable: boolean;
  // Only declared, so that a field without a value does not exist.
  declare readonly operation?: string;
  declare readonly store?: string;
  declare readonly path?: string;

  constructor(code: StorageErrorCode, message: string, details: StorageErrorDetails = {}) {
    super(fullMessage(code, message, details), details.cause === undefined ? undefined : { cause: details.cause });
    Object.defineProperty(this, TEXT, { value: message, configurable: true });
    this.code = code;
    this.retryable = details.retryable ?? RETRYABLE.has(code);
    if (details.operation !== undefined) this.operation = details.operation;
    if (details.store !== undefined) this.store = details.store;
    if (details.path !== undefined) this.path = details.path;
  }

  /** Returns the view for `util.inspect`. */
  [INSPECT](): Error {
    return shownError(this, Object.fromEntries(Object.entries(this)));
  }

  static {
    Object.defineProperty(this.prototype, SHOWS_ITSELF, { value: true });
    Object.defineProperty(this.prototype, "name", { value: "StorageError", writable: true, configurable: true });
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }
}

/** Returns the text of an error, without the additions in its message. It is used in the message of another error. */
export function textOf(error: StorageError): string {
  const { [TEXT]: text } = error as unknown as Partial<Record<symbol, string>>;
  return text ?? error.message;
}

/** Returns whether `error` is a {@link StorageError} (of either module format) and, if given, has this `code`. */
export function isStorageError<Code extends StorageErrorCode = StorageErrorCode>(
  error: unknown,
  code?: Code,
): error is StorageError & { readonly code: Code } {
  if (typeof error !== "object" || error === null || !(BRAND in error)) return false;
  return code === undefined || (error as unknown as StorageError).code === code;
}

/**
 * Returns whether `error` says that an object is missing: code `NOT_FOUND`. A missing bucket is not a missing object.
 */
export function isNotFound(error: unknown): error is StorageError & { readonly code: "NOT_FOUND" } {
  return isStorageError(error, "NOT_FOUND");
}

/** Settles as the promise does, but resolves to `undefined` if it rejects because an object is missing. */
export async function foundOrMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
