import { isStorageError, StorageError, type StorageErrorDetails } from "../errors/error.js";
import { isPlainObject } from "../json/is-object.js";
import type { CallOptions, DeleteOptions, ListOptions, PresignOptions, ReadOptions, WriteOptions } from "./store.js";

/** The names of all options of a call. */
export type Names<Options> = Readonly<Record<keyof Options, true>>;

// The types make these lists complete. An option that is added to a call is added here, or this does not compile.
const WRITE: Names<WriteOptions> = {
  contentType: true,
  metadata: true,
  size: true,
  digest: true,
  ifNoneMatch: true,
  ifMatch: true,
  signal: true,
};
const READ: Names<ReadOptions> = { offset: true, length: true, signal: true };
const DELETE: Names<DeleteOptions> = { ifMatch: true, signal: true };
const LIST: Names<ListOptions> = { startAfter: true, limit: true, signal: true };
const PRESIGN: Names<PresignOptions> = { method: true, expiresIn: true, filename: true, contentType: true };
const CALL: Names<CallOptions> = { signal: true };

const KNOWN = { write: WRITE, read: READ, delete: DELETE, list: LIST, presign: PRESIGN, call: CALL };

/**
 * Checks that the options of a call have only known names, and that a signal is an `AbortSignal`. A misspelt option
 * must not be ignored in silence.
 *
 * @param kind the kind of the options; `"call"` for calls that take a signal at most
 * @throws {StorageError} `CONFIG_INVALID`
 */
export function assertOptions(kind: keyof typeof KNOWN, options: unknown, details: StorageErrorDetails): void {
  assertKnown(KNOWN[kind], options, details);
}

/**
 * Makes the same check for a call that only some stores have.
 *
 * @param known the names of its options, complete by their type
 */
export function assertKnown(
  known: Readonly<Record<string, true>>,
  options: unknown,
  details: StorageErrorDetails,
): void {
  try {
    if (!isPlainObject(options)) throw invalid("The options must be a plain object", details);
    for (const name of Object.getOwnPropertyNames(options)) {
      if (!Object.hasOwn(known, name)) {
        throw invalid(`The option "${name}" is not known here; known are ${Object.keys(known).join(", ")}`, details);
      }
      const value = options[name]; // a getter may throw, and the checks that follow read it too
      if (name !== "signal" || value === undefined || isSignal(value)) continue;
      throw invalid('The option "signal" must be an AbortSignal', details);
    }
  } catch (cause) {
    if (isStorageError(cause)) throw cause;
    throw invalid("The options can't be read: a getter or a proxy threw", { ...details, cause });
  }
}

/**
 * Whether a value is an `AbortSignal` of any implementation: the platform's, or one that fills in for it. A proxy of
 * a signal is none, since the platform refuses to say whether it has fired.
 */
export function isSignal(value: unknown): value is AbortSignal {
  try {
    return value instanceof EventTarget && typeof (value as Partial<AbortSignal>).aborted === "boolean";
  } catch {
    return false;
  }
}

function invalid(problem: string, details: StorageErrorDetails): StorageError {
  return new StorageError("CONFIG_INVALID", `${problem}.`, details);
}
