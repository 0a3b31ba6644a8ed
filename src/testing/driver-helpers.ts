import { types } from "node:util";
import { bytesOf } from "../bytes/bytes.js";
import type { StorageErrorDetails } from "../errors/error.js";
import { isObject } from "../json/is-object.js";
import { assertArgument } from "../options/argument.js";
import * as paths from "../paths/path.js";
import * as bodies from "../store/body.js";
import { isAsyncIterable } from "../store/body-source.js";
import { isCapable } from "../store/capability.js";
import * as check from "../store/check.js";
import * as result from "../store/read-result.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  PresignOptions,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../store/store.js";

// What our own drivers check and stream with, for drivers of users. Ours are compiled with types, so the functions
// behind these do not look at what they are given. Here a wrong argument is CONFIG_INVALID.

/** The part of a store that a check looks at. */
type CapableStore = Pick<Store, "name" | "capability" | "routes" | "schemes">;

type CallDetails = check.CallDetails;
type Declared = Pick<WriteOptions, "size" | "digest" | "signal">;

/** Checks the arguments of `write`, before any I/O. Returns what its errors carry. */
export function checkWrite(store: CapableStore, path: string, body: StoreBody, options: WriteOptions): CallDetails {
  assertStore(store, "checkWrite");
  return check.checkWrite(store, path, body, options);
}

/** Checks the arguments of `read`, before any I/O. Returns what its errors carry. */
export function checkRead(store: CapableStore, path: string, options: ReadOptions): CallDetails {
  assertStore(store, "checkRead");
  return check.checkRead(store, path, options);
}

/** Checks the arguments of `stat`, before any I/O. Returns what its errors carry. */
export function checkStat(store: CapableStore, path: string, options: CallOptions): CallDetails {
  assertStore(store, "checkStat");
  return check.checkStat(store, path, options);
}

/** Checks the arguments of `delete`, before any I/O. Returns what its errors carry. */
export function checkDelete(store: CapableStore, path: string, options: DeleteOptions): CallDetails {
  assertStore(store, "checkDelete");
  return check.checkDelete(store, path, options);
}

/** Checks the arguments of `list`, before any I/O. Returns what its errors carry. */
export function checkList(store: CapableStore, prefix: string, options: ListOptions): CallDetails {
  assertStore(store, "checkList");
  return check.checkList(store, prefix, options);
}

/** Checks the arguments of `copy`, before any I/O. Returns what its errors carry. */
export function checkCopy(store: CapableStore, from: string, to: string, options: CallOptions): CallDetails {
  assertStore(store, "checkCopy");
  return check.checkCopy(store, from, to, options);
}

/**
 * Checks the arguments of `presign`, before any I/O. Returns what its errors carry.
 *
 * @param maxExpiresIn longest life of a URL in seconds; S3 allows seven days
 */
export function checkPresign(
  store: CapableStore,
  path: string,
  options: PresignOptions,
  maxExpiresIn: number,
): CallDetails {
  assertStore(store, "checkPresign");
  assertArgument(typeof maxExpiresIn === "number", "checkPresign", "maxExpiresIn: must be a number of seconds");
  return check.checkPresign(store, path, options, maxExpiresIn);
}

/** Says whether a listing of `prefix` after `startAfter` holds `path`. */
export function isListed(path: string, prefix: string, startAfter: string | undefined): boolean {
  assertTexts({ path, prefix, startAfter: startAfter ?? "" }, "isListed");
  return check.isListed(path, prefix, startAfter);
}

/** Orders paths as listings do: by their UTF-8 bytes. */
export function comparePaths(a: string, b: string): number {
  assertTexts({ a, b }, "comparePaths");
  return paths.comparePaths(a, b);
}

/**
 * Hands a body on chunk by chunk, and checks its size, digest and signal on the way.
 *
 * @param maxSize bytes that the store takes. Default: any number
 * @throws {StorageError} `INTEGRITY`, `LIMIT_EXCEEDED`, `ABORTED`, or the code of a source that fails
 */
export function checkedChunks(
  body: StoreBody,
  options: Declared,
  details: StorageErrorDetails,
  maxSize?: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  assertBodyCall("checkedChunks", body, options, details, maxSize);
  return bodies.checkedChunks(wholeOrStream(body), options, details, maxSize);
}

/** Returns all chunks of a body, checked as by {@link checkedChunks}, for a service that takes no streams. */
export async function collectBody(
  body: StoreBody,
  options: Declared,
  details: StorageErrorDetails,
  maxSize?: number,
): Promise<Uint8Array[]> {
  assertBodyCall("collectBody", body, options, details, maxSize);
  return bodies.collectBody(wholeOrStream(body), options, details, maxSize);
}

/** Makes the result of a read from bytes that are already here. */
export function bytesResult(info: ObjectInfo, bytes: Uint8Array, call?: result.ReadCall): ReadResult {
  assertRead("bytesResult", info, call);
  assertArgument(types.isUint8Array(bytes), "bytesResult", "bytes: must be a Uint8Array");
  return result.bytesResult(info, bytes, call);
}

/**
 * Makes the result of a read from chunks that are still to come.
 *
 * @param chunks read at most once; its `return()` is called when the reader stops early
 * @param release frees what holds the body, when it is given up before it was begun; default: `chunks.return()`
 */
export function streamResult(
  info: ObjectInfo,
  chunks: AsyncIterable<Uint8Array>,
  release?: () => void | Promise<void>,
  call?: result.ReadCall,
): ReadResult {
  assertRead("streamResult", info, call);
  assertArgument(isAsyncIterable(chunks), "streamResult", "chunks: must be an async iterable");
  const isRelease = release === undefined || typeof release === "function";
  assertArgument(isRelease, "streamResult", "release: must be a function");
  return result.streamResult(info, chunks, release, call);
}

// A class over DriverStore is given bytes as a Uint8Array. Another class is given whatever its caller has.
function wholeOrStream(body: StoreBody): StoreBody {
  return bytesOf(body) ?? body;
}

function assertStore(store: unknown, owner: string): void {
  assertArgument(isCapable(store), owner, "store: must have a name and a capability");
}

function assertTexts(texts: Readonly<Record<string, unknown>>, owner: string): void {
  for (const [name, text] of Object.entries(texts))
    assertArgument(typeof text === "string", owner, `${name}: must be a string`);
}

function assertBodyCall(owner: string, ...[given, options, details, maxSize]: readonly unknown[]): void {
  bodies.assertBody(given, {});
  assertArgument(isObject(options), owner, "options: must be an object");
  assertArgument(isObject(details), owner, "details: must be what the check of the call returned");
  assertArgument(maxSize === undefined || typeof maxSize === "number", owner, "maxSize: must be a number of bytes");
}

function assertRead(owner: string, info: unknown, call: unknown): void {
  assertArgument(isInfo(info), owner, "info: must be the ObjectInfo of what is read");
  assertArgument(call === undefined || isObject(call), owner, "call: must be an object");
}

// A proxy that throws is none.
function isInfo(info: unknown): boolean {
  try {
    return isObject(info) && typeof info["path"] === "string";
  } catch {
    return false;
  }
}
