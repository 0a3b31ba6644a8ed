import { NO_OBJECT } from "../../no-object.js";
import { StorageError, isStorageError, type StorageErrorCode } from "../../../errors/error.js";
import type { CallDetails } from "../../check.js";

const CODES: Readonly<Record<string, readonly [StorageErrorCode, string]>> = {
  ENOENT: ["NOT_FOUND", NO_OBJECT],
  EEXIST: ["ALREADY_EXISTS", "The object exists already."],
  EACCES: ["PERMISSION_DENIED", "The file system denies access."],
  EPERM: ["PERMISSION_DENIED", "The file system does not permit the operation."],
  EROFS: ["PERMISSION_DENIED", "The file system is read-only."],
  ENOSPC: ["INSUFFICIENT_STORAGE", "No space is left on the file system."],
  EDQUOT: ["INSUFFICIENT_STORAGE", "The quota on the file system is used up."],
  ENOTDIR: ["UNEXPECTED", "Something that the store did not make is in the way."],
  EISDIR: ["UNEXPECTED", "Something that the store did not make is in the way."],
  ELOOP: ["PERMISSION_DENIED", "A symbolic link below the root is in the way; it is not followed."],
  EFBIG: ["LIMIT_EXCEEDED", "The object is larger than a file may be."],
  EMFILE: ["THROTTLED", "The process has too many open files."],
  ENFILE: ["THROTTLED", "The system has too many open files."],
  ENAMETOOLONG: ["INVALID_PATH", "The path is too long for the file system below this root."],
  ETIMEDOUT: ["TIMEOUT", "The file system did not answer in time."],
  ENOSYS: ["UNSUPPORTED", "The file system does not support the operation."],
  ENOTSUP: ["UNSUPPORTED", "The file system does not support the operation."],
  EOPNOTSUPP: ["UNSUPPORTED", "The file system does not support the operation."],
  EXDEV: ["UNSUPPORTED", "A directory below the root is on another file system, where a write can't be atomic."],
  EIO: ["UNAVAILABLE", "The file system failed to read or write."],
  EBUSY: ["UNAVAILABLE", "The file is in use by the system."],
  EAGAIN: ["UNAVAILABLE", "The file system is out of resources."],
  ENOMEM: ["UNAVAILABLE", "The system is out of memory."],
  ENOBUFS: ["UNAVAILABLE", "The system is out of memory."],
  ENOLCK: ["UNAVAILABLE", "The file system is out of locks."],
  ESTALE: ["UNAVAILABLE", "The network file system has lost the file."],
  ENODEV: ["UNAVAILABLE", "The device is gone."],
  ENXIO: ["UNAVAILABLE", "The device is gone."],
  ENOTCONN: ["UNAVAILABLE", "The network file system is not connected."],
  EHOSTDOWN: ["UNAVAILABLE", "The network file system is down."],
  EHOSTUNREACH: ["UNAVAILABLE", "The network file system can't be reached."],
  ECONNRESET: ["UNAVAILABLE", "The network file system broke the connection."],
};

/** Returns the `errno` name of a system error, such as `"ENOENT"`. */
export function errnoOf(error: unknown): string | undefined {
  // No `instanceof Error`, since system errors are from another realm under jest.
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** An error from code that does not know the call. {@link fileError} adds the details of the call. */
export class FileFault extends Error {
  readonly meaning: StorageErrorCode;

  constructor(meaning: StorageErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.meaning = meaning;
  }
}

/** Translates the error of a file operation by its `errno`. A {@link StorageError} stays as it is. */
export function fileError(error: unknown, details: CallDetails): StorageError {
  if (isStorageError(error)) return error;
  if (error instanceof FileFault) {
    return new StorageError(error.meaning, error.message, { ...details, cause: error.cause });
  }
  const [code, message] = CODES[errnoOf(error) ?? ""] ?? ["UNEXPECTED", "The file system failed."];
  return new StorageError(code, message, { ...details, cause: error });
}

/** Settles as the promise does, but resolves to `undefined` if it rejects with one of these `errno` names. */
export async function unless<T>(promise: Promise<T>, ...errnos: readonly string[]): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (errnos.includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
}
