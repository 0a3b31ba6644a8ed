import { throwIfAborted } from "../async/abort.js";
import { assertBody } from "./body.js";
import { assertOptions } from "./call-options.js";
import { requireCapability, type CapabilityFlag, type CapableStore, type STORE_VERBS } from "./capability.js";
import { StorageError, type StorageErrorDetails } from "../errors/error.js";
import { schemeOf, splitLocation } from "../paths/location.js";
import { isObject } from "../json/is-object.js";
import { isFilename } from "../paths/filename.js";
import { assertPath, assertPrefix, comparePaths, invalidPath } from "../paths/path.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  PresignOptions,
  ReadOptions,
  StoreBody,
  WriteOptions,
} from "./store.js";

// These checks are the same for every store, and come before any I/O: the path, the capability, the options, and
// whether the caller has already given up. Each function returns the details that the errors of the call carry.

/** The details that every error of one call carries. */
export interface CallDetails extends StorageErrorDetails {
  operation: string;
  store: string;
}

export function checkWrite(store: CapableStore, path: string, body: StoreBody, options: WriteOptions): CallDetails {
  const details = check(store, "write", path, options);
  if (options.ifNoneMatch !== undefined) requireOwn(store, "ifNoneMatch", "write", path);
  if (options.ifMatch !== undefined) requireOwn(store, "ifMatch", "write", path);
  if (options.metadata !== undefined) requireOwn(store, "metadata", "write", path);
  if (options.contentType !== undefined) requireOwn(store, "contentType", "write", path);
  assertBody(body, details);
  if (options.ifNoneMatch !== undefined && (options.ifNoneMatch as string) !== "*") {
    throw invalidOption("ifNoneMatch", 'must be "*"', details);
  }
  if (options.ifNoneMatch !== undefined && options.ifMatch !== undefined) {
    throw invalidOption("ifMatch", "can't be combined with ifNoneMatch", details);
  }
  if (options.ifMatch !== undefined) assertText("ifMatch", options.ifMatch, details);
  assertCount("size", options.size, details);
  if (options.digest !== undefined) assertText("digest", options.digest, details);
  if (options.contentType !== undefined) assertText("contentType", options.contentType, details);
  if (options.metadata !== undefined) assertMetadata(options.metadata, details);
  const { maxObjectSize } = isRouted(store, path) ? {} : store.capability;
  if (maxObjectSize !== undefined && options.size !== undefined && options.size > maxObjectSize) {
    throw new StorageError(
      "LIMIT_EXCEEDED",
      `The object is larger than the ${maxObjectSize} bytes that the store takes. Split it, or use a store for larger ones.`,
      details,
    );
  }
  return details;
}

export function checkRead(store: CapableStore, path: string, options: ReadOptions): CallDetails {
  const details = check(store, "read", path, options);
  if (options.offset !== undefined || options.length !== undefined) requireOwn(store, "rangeRead", "read", path);
  assertCount("offset", options.offset, details);
  assertCount("length", options.length, details);
  return details;
}

export function checkStat(store: CapableStore, path: string, options: CallOptions): CallDetails {
  return check(store, "stat", path, options);
}

export function checkDelete(store: CapableStore, path: string, options: DeleteOptions): CallDetails {
  const details = check(store, "delete", path, options);
  if (options.ifMatch !== undefined) requireOwn(store, "deleteIfMatch", "delete", path);
  if (options.ifMatch !== undefined) assertText("ifMatch", options.ifMatch, details);
  return details;
}

export function checkList(store: CapableStore, prefix: string, options: ListOptions): CallDetails {
  if (!isRouted(store, prefix)) requireCapability(store, "list", "list");
  assertRouted(store, prefix, "list", assertPrefix);
  const details = { operation: "list", store: store.name };
  assertOptions("list", options, details);
  assertCount("limit", options.limit, details);
  if (options.startAfter !== undefined) assertRouted(store, options.startAfter, "list", assertPrefix);
  throwIfAborted(options.signal, details);
  return details;
}

export function checkCopy(store: CapableStore, from: string, to: string, options: CallOptions): CallDetails {
  // A copy to or from another store does not use the copy of this store.
  const isOwn = !isRouted(store, from) && !isRouted(store, to);
  check(store, "copy", to, options, isOwn);
  return check(store, "copy", from, options, isOwn);
}

/**
 * Longest life of a presigned URL in seconds: seven days, in S3 (API reference, "Authenticating requests",
 * X-Amz-Expires) and in GCS ("Signed URLs"). Azure has no limit, and gets that of the others.
 */
export const MAX_PRESIGN_SECONDS = 604_800;

/** @param maxExpiresIn longest life of a URL in seconds */
export function checkPresign(
  store: CapableStore,
  path: string,
  options: PresignOptions,
  maxExpiresIn: number,
): CallDetails {
  const details = check(store, "presign", path, options);
  const method: string = options.method;
  if (method !== "GET" && method !== "PUT") throw invalidOption("method", 'must be "GET" or "PUT"', details);
  const { expiresIn } = options;
  if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > maxExpiresIn) {
    throw invalidOption("expiresIn", `must be a whole number of seconds from 1 to ${maxExpiresIn}`, details);
  }
  for (const name of ["filename", "contentType"] as const) {
    if (options[name] !== undefined && method === "PUT") {
      throw invalidOption(name, "is for GET: it says what the answer has", details);
    }
  }
  if (options.filename !== undefined && !isFilename(options.filename)) {
    throw invalidOption("filename", "must be a name without control characters or lone surrogates", details);
  }
  if (options.contentType !== undefined) assertText("contentType", options.contentType, details);
  return details;
}

/** Whether a listing with these options holds `path`. */
export function isListed(path: string, prefix: string, startAfter: string | undefined): boolean {
  return path.startsWith(prefix) && (startAfter === undefined || comparePaths(path, startAfter) > 0);
}

type PathOperation = Exclude<(typeof STORE_VERBS)[number], "list">;

function check(
  store: CapableStore,
  operation: PathOperation,
  path: string,
  options: CallOptions | PresignOptions,
  isOwn = !isRouted(store, path),
): CallDetails {
  if (isOwn) requireCapability(store, operation, operation, typeof path === "string" ? path : undefined);
  assertRouted(store, path, operation, assertPath);
  const details = { operation, store: store.name, path };
  const { maxPathLength } = isRouted(store, path) ? {} : store.capability;
  if (maxPathLength !== undefined && Buffer.byteLength(path) > maxPathLength) {
    throw new StorageError(
      "INVALID_PATH",
      `The path is longer than the ${maxPathLength} bytes that the store takes. Shorten its prefix or scope.`,
      details,
    );
  }
  assertOptions(operation === "stat" || operation === "copy" ? "call" : operation, options, details);
  throwIfAborted((options as CallOptions).signal, details);
  return details;
}

type AssertText = (text: string, operation: string, store: string) => void;

// A path for a store that routes may begin with a scheme that the store knows.
function assertRouted(store: CapableStore, text: string, operation: string, assertText: AssertText): void {
  const assertPlain = (plain: string): void => assertText(plain, operation, store.name);
  if (!isRouted(store, text)) {
    if (typeof text === "string" && store.schemes !== undefined && schemeOf(text) !== undefined)
      throw unknownScheme(store.schemes, operation, store);
    assertPlain(text);
    return;
  }
  splitLocation(text, assertPlain, (problem) => invalidPath("object path", problem, operation, store.name));
}

/**
 * Returns the error of a path that no store answers to. The message does not repeat the scheme, since it may come
 * from anywhere.
 */
export function unknownScheme(
  schemes: readonly string[],
  operation: string,
  { name }: CapableStore,
  path?: string,
): StorageError {
  const message = `No store answers to the scheme and container of the path; the schemes that are known: ${schemes.join(", ")}.`;
  return new StorageError("UNKNOWN_SCHEME", message, { operation, store: name, path });
}

/**
 * Whether a store that routes hands the path on to another store. The capability of that other store is not known
 * here. The other store checks it itself, also before any I/O.
 */
export function isRouted(store: CapableStore, text: string): boolean {
  const scheme = store.routes === undefined || typeof text !== "string" ? undefined : schemeOf(text);
  return scheme !== undefined && store.routes?.(scheme) === true;
}

function requireOwn(store: CapableStore, flag: CapabilityFlag, operation: PathOperation, path: string): void {
  if (!isRouted(store, path)) requireCapability(store, flag, operation, path);
}

function assertCount(name: string, value: number | undefined, details: CallDetails): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return;
  throw invalidOption(name, "must be a whole number of at least 0", details);
}

function assertMetadata(metadata: Record<string, string>, details: CallDetails): void {
  for (const [key, value] of metadataEntries(metadata, details)) {
    // Every object store carries these characters unchanged. S3 metadata are HTTP headers, lower-cased, US-ASCII.
    if (!/^[a-z0-9][a-z0-9-]*$/.test(key)) throw invalidOption("metadata", "has a key other than [a-z0-9-]", details);
    if (!isHeaderValue(value)) {
      throw invalidOption("metadata", "has a value other than printable ASCII without outer spaces", details);
    }
  }
}

function metadataEntries(metadata: unknown, details: CallDetails): readonly (readonly [string, unknown])[] {
  try {
    if (isObject(metadata) && !(Symbol.iterator in metadata)) return Object.entries(metadata);
  } catch (cause) {
    throw invalidOption("metadata", "can't be read, since a getter or a proxy threw", { ...details, cause });
  }
  throw invalidOption("metadata", "must be an object of texts by name", details);
}

function assertText(name: string, value: unknown, details: CallDetails): void {
  if (value !== "" && isHeaderValue(value)) return;
  throw invalidOption(name, "must be printable ASCII without outer spaces", details);
}

// Whether a value is printable ASCII without outer spaces, which an HTTP header hands on unchanged.
function isHeaderValue(value: unknown): boolean {
  return typeof value === "string" && /^[\x20-\x7e]*$/.test(value) && value === value.trim();
}

function invalidOption(name: string, problem: string, details: CallDetails): StorageError {
  return new StorageError("CONFIG_INVALID", `The option "${name}" ${problem}.`, details);
}
