import { restated } from "../../../errors/as-storage-error.js";
import { StorageError, isStorageError, type StorageErrorCode } from "../../../errors/error.js";
import type { DriverCall } from "../driver-store.js";
import { CODE_OF_ERRNO } from "../http-errors.js";
import { codesOfNames, knownError } from "../service-errors.js";
import { toRedisFailure, type RedisFailure } from "./failure.js";

// The codes of Redis' error replies (src/server.c, "Shared objects"; src/cluster.c).
const BY_REPLY = codesOfNames({
  INSUFFICIENT_STORAGE: "OOM",
  PERMISSION_DENIED: "DENIED NOAUTH NOPERM WRONGPASS",
  UNAVAILABLE: "BUSY CLUSTERDOWN LOADING MASTERDOWN MISCONF NOREPLICAS READONLY TRYAGAIN",
  DECODE_FAILED: "WRONGTYPE", // the store did not write this key
  CONFIG_INVALID: "ASK MOVED", // a client for a single server talks to a cluster
});

const BY_CONNECTION: ReadonlyMap<string, StorageErrorCode> = new Map([
  ...CODE_OF_ERRNO,
  ...codesOfNames({
    TIMEOUT: "COMMAND_TIMEOUT CONNECT_TIMEOUT",
    // GREETING_REFUSED: Redis gives "Max number of clients reached" no code of its own, nor any other refusal of a
    // greeting. ENOENT: the server has not made its socket file yet.
    UNAVAILABLE: "CONNECTION_CLOSED GREETING_REFUSED ENOENT",
    CONFIG_INVALID: "DATABASE_REFUSED",
  }),
]);

const MESSAGES = new Map<string, string>([
  [
    "DATABASE_REFUSED",
    "Redis does not have the database that the url names. Write a number below its setting `databases` (16 unless changed), and none on a cluster, which has only database 0.",
  ],
  ["WRONGTYPE", "The key in Redis, or the index of the store, holds something other than what the store keeps there."],
]);

/** Makes the typed error of a failed command. Its cause is a {@link RedisFailure}. */
export function toStorageError(error: unknown, call: DriverCall): StorageError {
  // Many calls may wait for one attempt to load the client. Each gets an error with its own details.
  if (isStorageError(error, "MISSING_DEPENDENCY")) return restated(error, call.details);
  const known = knownError(error, call);
  if (known !== undefined) return known;
  const failure = toRedisFailure(error);
  const message = MESSAGES.get(failure.code) ?? `${failure.message}.`;
  return new StorageError(codeOf(failure), message, { ...call.details, cause: failure });
}

/** Makes the error of a value that the store did not write. */
export function decodeFailed({ details }: DriverCall): StorageError {
  const message = "The key in Redis holds something other than an object of the store.";
  return new StorageError("DECODE_FAILED", message, details);
}

/**
 * Makes the error of a reply that does not fit the command. Something other than Redis sent it, or changed it on the
 * way.
 */
export function brokenReply({ details }: DriverCall): StorageError {
  return new StorageError("UNEXPECTED", "What answered is not Redis, or changed what Redis said.", details);
}

function codeOf({ code, isReply }: RedisFailure): StorageErrorCode {
  return (isReply ? BY_REPLY : BY_CONNECTION).get(code) ?? "UNEXPECTED";
}
