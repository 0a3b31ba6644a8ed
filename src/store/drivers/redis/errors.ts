import type { DriverCall } from "../driver-store.js";
import { abortedError } from "../../../async/abort.js";
import { StorageError, isStorageError, type StorageErrorCode } from "../../../errors/error.js";
import { toRedisFailure, type RedisFailure } from "./failure.js";

// The codes of Redis' error replies (src/server.c, "Shared objects"; src/cluster.c).
const BY_REPLY = new Map<string, StorageErrorCode>(
  Object.entries({
    OOM: "INSUFFICIENT_STORAGE",
    DENIED: "PERMISSION_DENIED",
    NOAUTH: "PERMISSION_DENIED",
    NOPERM: "PERMISSION_DENIED",
    WRONGPASS: "PERMISSION_DENIED",
    BUSY: "UNAVAILABLE",
    CLUSTERDOWN: "UNAVAILABLE",
    LOADING: "UNAVAILABLE",
    MASTERDOWN: "UNAVAILABLE",
    MISCONF: "UNAVAILABLE",
    NOREPLICAS: "UNAVAILABLE",
    READONLY: "UNAVAILABLE",
    TRYAGAIN: "UNAVAILABLE",
    // The key is not one of ours.
    WRONGTYPE: "DECODE_FAILED",
    // The client is one for a single server, and talks to a cluster.
    ASK: "CONFIG_INVALID",
    MOVED: "CONFIG_INVALID",
  } as const),
);

const BY_CONNECTION = new Map<string, StorageErrorCode>(
  Object.entries({
    COMMAND_TIMEOUT: "TIMEOUT",
    CONNECT_TIMEOUT: "TIMEOUT",
    CONNECTION_CLOSED: "UNAVAILABLE",
    // "Max number of clients reached" has no code of its own, nor has anything else that Redis says to a greeting.
    GREETING_REFUSED: "UNAVAILABLE",
    DATABASE_REFUSED: "CONFIG_INVALID",
    EAI_AGAIN: "UNAVAILABLE",
    ECONNABORTED: "UNAVAILABLE",
    ECONNREFUSED: "UNAVAILABLE",
    ECONNRESET: "UNAVAILABLE",
    EHOSTUNREACH: "UNAVAILABLE",
    ENETUNREACH: "UNAVAILABLE",
    ENOENT: "UNAVAILABLE", // a socket file that the server has not made yet
    ENOTFOUND: "UNAVAILABLE",
    EPIPE: "UNAVAILABLE",
    ETIMEDOUT: "TIMEOUT",
  } as const),
);

const MESSAGES = new Map<string, string>([
  [
    "DATABASE_REFUSED",
    "Redis does not have the database that the url names. Write a number below its setting `databases` (16 unless changed), and none on a cluster, which has only database 0.",
  ],
  ["WRONGTYPE", "The key in Redis, or the index of the store, holds something other than what the store keeps there."],
]);

/** The typed error of whatever a command failed with. Its cause is a {@link RedisFailure}. */
export function toStorageError(error: unknown, { details, signal }: DriverCall): StorageError {
  if (isStorageError(error, "MISSING_DEPENDENCY")) {
    // One attempt to load the client may fail many calls.
    return new StorageError("MISSING_DEPENDENCY", error.message, { ...details, cause: error.cause });
  }
  if (isStorageError(error)) return error;
  if (signal?.aborted) return abortedError(signal, details);
  const failure = toRedisFailure(error);
  return new StorageError(codeOf(failure), MESSAGES.get(failure.code) ?? `${failure.message}.`, {
    ...details,
    cause: failure,
  });
}

export function notFound({ details }: DriverCall): StorageError {
  return new StorageError("NOT_FOUND", "There is no such object.", details);
}

export function alreadyExists({ details }: DriverCall): StorageError {
  return new StorageError("ALREADY_EXISTS", "An object is already there.", details);
}

export function preconditionFailed({ details }: DriverCall): StorageError {
  return new StorageError("PRECONDITION_FAILED", "The object is missing or is another version.", details);
}

/** The error of a value that is not one that the store wrote. */
export function decodeFailed({ details }: DriverCall): StorageError {
  return new StorageError(
    "DECODE_FAILED",
    "The key in Redis holds something other than an object of the store.",
    details,
  );
}

/** The error of an answer that is not that of the command: something else than Redis, or in between, gave it. */
export function brokenReply({ details }: DriverCall): StorageError {
  return new StorageError("UNEXPECTED", "What answered is not Redis, or changed what Redis said.", details);
}

function codeOf({ code, isReply }: RedisFailure): StorageErrorCode {
  return (isReply ? BY_REPLY : BY_CONNECTION).get(code) ?? "UNEXPECTED";
}
