import type { Capability } from "./capability.js";

/**
 * The bytes of an object to be written, in any form that JavaScript has for bytes, in any realm. A string is written
 * as UTF-8. An iterable is read once, with backpressure, and ended when the write fails or is refused.
 */
export type StoreBody = Uint8Array | string | AsyncIterable<Uint8Array>;

/** Bytes as they come. A chunk may use the memory of the one before. */
export type Chunks = AsyncGenerator<Uint8Array, void, undefined>;

/** What a store knows of one object. */
export interface ObjectInfo {
  path: string;
  /** Bytes of the whole object. */
  size: number;
  /** Opaque version tag; differs when the content differs. */
  etag?: string;
  lastModified?: Date;
  /** Media type, when the store keeps one. */
  contentType?: string;
  /** User metadata, when the store keeps it. Keys are lower case. */
  metadata?: Record<string, string>;
}

/**
 * The content of one object, or of the range that was asked for. Iterate it, or take it whole with `bytes()`, but
 * only once. A result that nobody reads must be given back with `cancel()`, or it may hold a connection.
 */
export interface ReadResult extends AsyncIterable<Uint8Array> {
  /** Describes the whole object, even when a range was read. */
  readonly info: ObjectInfo;
  /** Reads all that is left. Rejects with a {@link StorageError} when the body breaks off. */
  bytes(): Promise<Uint8Array>;
  /** Gives up the rest of the body and frees what it holds. Idempotent. */
  cancel(): Promise<void>;
}

/** Options that every call takes. */
export interface CallOptions {
  /** Aborts the call, which rejects with `ABORTED`. The `cause` of the error is `signal.reason`. */
  signal?: AbortSignal | undefined;
}

/** Options of {@link Store.write}. */
export interface WriteOptions extends CallOptions {
  /** Media type. `UNSUPPORTED` where `capability.contentType` is false. */
  contentType?: string | undefined;
  /** User metadata: keys of `[a-z0-9-]`, values of printable ASCII. `UNSUPPORTED` where `capability.metadata` is false. */
  metadata?: Record<string, string> | undefined;
  /** Bytes of the body, when known beforehand. A body of another length fails the write with `INTEGRITY`. */
  size?: number | undefined;
  /** `sha256-` + base64url of the body. A body with another digest fails the write with `INTEGRITY`. */
  digest?: string | undefined;
  /** Write only if no object is there; otherwise `ALREADY_EXISTS`. `UNSUPPORTED` where the capability is false. */
  ifNoneMatch?: "*" | undefined;
  /**
   * Write only over the version with this etag; otherwise `PRECONDITION_FAILED`. `UNSUPPORTED` where the capability
   * is false.
   */
  ifMatch?: string | undefined;
}

/** Options of {@link Store.read}. */
export interface ReadOptions extends CallOptions {
  /** First byte wanted. Default 0. An offset at or past the end of the object gives an empty result. */
  offset?: number | undefined;
  /** Most bytes wanted. Default: to the end. Fewer come if the object ends sooner. */
  length?: number | undefined;
}

/** Options of {@link Store.delete}. */
export interface DeleteOptions extends CallOptions {
  /**
   * Delete only the version with this etag; otherwise `PRECONDITION_FAILED`. `UNSUPPORTED` where the capability is
   * false.
   */
  ifMatch?: string | undefined;
}

/** Options of {@link Store.list}. */
export interface ListOptions extends CallOptions {
  /** List only paths after this one, in UTF-8 byte order. */
  startAfter?: string | undefined;
  /** Most objects to list, default all. */
  limit?: number | undefined;
}

/** Objects of a store, one after the other. */
export type ObjectListing = AsyncGenerator<ObjectInfo, void, undefined>;

/** Options of {@link Store.presign}. */
export interface PresignOptions {
  method: "GET" | "PUT";
  /** Seconds until the URL expires. */
  expiresIn: number;
  /**
   * Name under which a browser saves the answer to a GET, which has a `Content-Disposition: attachment` (RFC 6266).
   * It must not have control characters. `UNSUPPORTED` by a store whose URLs can't say it.
   */
  filename?: string | undefined;
  /** Media type of the answer to a GET, in place of the object's own. `UNSUPPORTED` as `filename` is. */
  contentType?: string | undefined;
}

/**
 * A place for bytes: a driver (files, memory, S3, ...) or a composition of stores.
 *
 * Every method rejects with a {@link StorageError} and nothing else. Paths are checked before any I/O
 * (`INVALID_PATH`). A call that needs more than {@link Store.capability} advertises is `UNSUPPORTED` before any I/O.
 * Writes are atomic: a reader sees the old object, the new one, or none.
 */
export interface Store {
  /** Name of the store for errors, logs and metrics: `"file"`, `"s3"`, ... */
  readonly name: string;
  /** What this store can really do. Frozen. */
  readonly capability: Readonly<Capability>;
  /**
   * Whether the store takes paths of this URL scheme (lower case), `scheme://container/path`, as well as plain paths.
   * Absent on a store that does not route. For such a store, an absolute path is `INVALID_PATH`.
   */
  routes?(scheme: string): boolean;
  /** The URL schemes that a store which routes knows, for messages. Absent on a store that does not route. */
  readonly schemes?: readonly string[] | undefined;
  /**
   * Returns what can be done with one path, if that depends on the path. If the method is absent,
   * {@link Store.capability} holds for all paths. May open the store that the path leads to. Rejects as the other
   * methods do.
   */
  capabilityOf?(path: string, options?: CallOptions): Promise<Readonly<Capability>>;
  /**
   * Writes one object, whole or not at all. It replaces an existing object, unless `ifNoneMatch` or `ifMatch` forbid
   * that.
   */
  write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo>;
  /** Reads an object or a range of it. `NOT_FOUND` when it is missing. */
  read(path: string, options?: ReadOptions): Promise<ReadResult>;
  /** Describes an object without reading it. Returns `undefined` when it is missing. */
  stat(path: string, options?: CallOptions): Promise<ObjectInfo | undefined>;
  /** Deletes an object. Idempotent: a missing object is no error. */
  delete(path: string, options?: DeleteOptions): Promise<void>;
  /**
   * Lists objects whose path begins with `prefix`, sorted by the UTF-8 bytes of the path. `prefix` is a plain string
   * prefix, and `""` lists all. Pages are fetched while the listing is iterated.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectInfo>;
  /** Copies an object inside the store, with its content type and metadata. `NOT_FOUND` when `from` is missing. */
  copy(from: string, to: string, options?: CallOptions): Promise<ObjectInfo>;
  /** Makes a URL that lets its holder read or write one object for `expiresIn` seconds. */
  presign(path: string, options: PresignOptions): Promise<string>;
  /** Frees what the store opened itself. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
