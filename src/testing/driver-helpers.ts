import { isObject } from "../json/is-object.js";
import { assertArgument } from "../options/argument.js";
import * as paths from "../paths/path.js";
import * as body from "../store/body.js";
import { isCapable } from "../store/capability.js";
import * as check from "../store/check.js";
import * as result from "../store/read-result.js";

// What our own drivers check and stream with, for drivers of users. Our drivers are compiled with types, so the helpers
// themselves do not look at what they are given; here a wrong argument is CONFIG_INVALID.

/** What an argument must be, and whether it is. */
type Due = readonly [what: string, holds: (value: unknown) => boolean];

const isText = (value: unknown): boolean => typeof value === "string";
const isOptional =
  (holds: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || holds(value);

const STORE: Due = ["store: must have a name and a capability", isCapable];
const OPTIONS: Due = ["options: must be an object", isObject];
const DETAILS: Due = ["details: must be what the check of the call returned", isObject];
const MAX_SIZE: Due = ["maxSize: must be a number of bytes", isOptional((value) => typeof value === "number")];
const INFO: Due = ["info: must be the ObjectInfo of what is read", (value) => isObject(value) && isText(value["path"])];
const CALL: Due = ["call: must be an object", isOptional(isObject)];
const ANY: Due = ["", () => true];

/** Checks the arguments of `write`, before any I/O. Returns what its errors carry. */
export const checkWrite: typeof check.checkWrite = checking("checkWrite", check.checkWrite, [STORE]);

/** Checks the arguments of `read`, before any I/O. Returns what its errors carry. */
export const checkRead: typeof check.checkRead = checking("checkRead", check.checkRead, [STORE]);

/** Checks the arguments of `stat`, before any I/O. Returns what its errors carry. */
export const checkStat: typeof check.checkStat = checking("checkStat", check.checkStat, [STORE]);

/** Checks the arguments of `delete`, before any I/O. Returns what its errors carry. */
export const checkDelete: typeof check.checkDelete = checking("checkDelete", check.checkDelete, [STORE]);

/** Checks the arguments of `list`, before any I/O. Returns what its errors carry. */
export const checkList: typeof check.checkList = checking("checkList", check.checkList, [STORE]);

/** Checks the arguments of `copy`, before any I/O. Returns what its errors carry. */
export const checkCopy: typeof check.checkCopy = checking("checkCopy", check.checkCopy, [STORE]);

/** Checks the arguments of `presign`. `maxExpiresIn` is the longest life of a URL in seconds. */
export const checkPresign: typeof check.checkPresign = checking("checkPresign", check.checkPresign, [
  STORE,
  ANY,
  ANY,
  ["maxExpiresIn: must be a number of seconds", (value) => typeof value === "number"],
]);

/** Says whether a listing of `prefix` after `startAfter` holds `path`. */
export const isListed: typeof check.isListed = checking("isListed", check.isListed, [
  ["path: must be a string", isText],
  ["prefix: must be a string", isText],
  ["startAfter: must be a string", isOptional(isText)],
]);

/** Orders paths as listings do: by their UTF-8 bytes. */
export const comparePaths: typeof paths.comparePaths = checking("comparePaths", paths.comparePaths, [
  ["the first path: must be a string", isText],
  ["the second path: must be a string", isText],
]);

/**
 * Hands a body on chunk by chunk, and checks its size, digest and signal on the way.
 *
 * @throws {StorageError} `INTEGRITY`, `LIMIT_EXCEEDED`, `ABORTED`, or the code of a source that fails
 */
export const checkedChunks: typeof body.checkedChunks = checking("checkedChunks", body.checkedChunks, [
  ANY,
  OPTIONS,
  DETAILS,
  MAX_SIZE,
]);

/** Returns all chunks of a body, checked as by {@link checkedChunks}, for a service that takes no streams. */
export const collectBody: typeof body.collectBody = checking("collectBody", body.collectBody, [
  ANY,
  OPTIONS,
  DETAILS,
  MAX_SIZE,
]);

/** Makes the result of a read from bytes that are already here. */
export const bytesResult: typeof result.bytesResult = checking("bytesResult", result.bytesResult, [
  INFO,
  ["bytes: must be a Uint8Array", (value) => value instanceof Uint8Array],
  CALL,
]);

/** Makes the result of a read from chunks that are still to come. */
export const streamResult: typeof result.streamResult = checking("streamResult", result.streamResult, [
  INFO,
  ["chunks: must be an async iterable", (value) => isObject(value) && Symbol.asyncIterator in value],
  ["release: must be a function", isOptional((value) => typeof value === "function")],
  CALL,
]);

/** Returns a function that refuses wrong arguments, and else does what `run` does. */
function checking<Run extends (...args: never[]) => unknown>(name: string, run: Run, dues: readonly Due[]): Run {
  const checked = (...args: readonly unknown[]): unknown => {
    for (const [index, [what, holds]] of dues.entries()) assertArgument(isDue(holds, args[index]), name, what);
    return run(...(args as never[]));
  };
  return checked as unknown as Run;
}

// A getter or a proxy may throw.
function isDue(holds: Due[1], value: unknown): boolean {
  try {
    return holds(value);
  } catch {
    return false;
  }
}
