import * as z from "zod/mini";
import type { StorageErrorCode } from "../../../errors/error.js";
import { isFunction } from "../../../options/fields.js";
import { parseOptions } from "../../../options/parse-options.js";
import type { Capability } from "../../capability.js";
import type { ObjectInfo } from "../../store.js";
import { wholeNumber } from "../driver-options.js";

/** A value, or the promise of one. */
export type Awaitable<T> = T | Promise<T>;

/** An object as it lies there. */
export interface StoredObject {
  /** Bytes in any form that JavaScript has for them. */
  bytes: Uint8Array | ArrayBuffer | DataView;
  /** Version tag, which another content does not have. Needed for `ifMatch` and `deleteIfMatch`. */
  etag?: string | undefined;
  lastModified?: Date | undefined;
  contentType?: string | undefined;
  metadata?: Record<string, string> | undefined;
}

/** What a `put` is told besides the bytes: only what the definition's `capability` says that it can. */
export interface PutOptions {
  contentType?: string | undefined;
  metadata?: Record<string, string> | undefined;
  /** Put only where nothing is, in one step; otherwise give `false`. */
  ifNoneMatch?: "*" | undefined;
  /** Put only over the object with this etag, in one step; otherwise give `false`. */
  ifMatch?: string | undefined;
  /** Fires when nobody waits any more. */
  signal?: AbortSignal | undefined;
}

/** What a `delete` is told. */
export interface RemoveOptions {
  /** Delete only the object with this etag, in one step; otherwise give `false`. */
  ifMatch?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** What a listing is told. */
export interface KeysOptions {
  /** Only keys after this one are wanted, by UTF-8 bytes. Others may be given. */
  startAfter?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** A listed object: its path, or what is known of it. */
export type ListedKey = string | (Pick<ObjectInfo, "path" | "size"> & Partial<ObjectInfo>);

/** Four functions that make a store: see {@link defineStore}. */
export interface StoreDefinition {
  /** For errors, logs and metrics. */
  name: string;
  /** Gives the bytes of an object, or the object; `undefined` or `null` when there is none. */
  get(
    path: string,
    options: { signal?: AbortSignal | undefined },
  ): Awaitable<StoredObject | StoredObject["bytes"] | null | undefined>;
  /**
   * Puts an object in place, whole or not at all. The bytes are yours to keep. Gives the etag, if there is one; `false`
   * when a condition does not hold.
   */
  put(path: string, bytes: Uint8Array, options: PutOptions): Awaitable<unknown>;
  /** Takes an object away. That there is none is no error. Gives `false` when a condition does not hold. */
  delete(path: string, options: RemoveOptions): Awaitable<unknown>;
  /**
   * Gives the paths that begin with `prefix`, in any order; others may be among them. A listing of paths alone has each object
   * fetched for its size: give `{ path, size }` where that is at hand.
   */
  keys(prefix: string, options: KeysOptions): Awaitable<Iterable<ListedKey> | AsyncIterable<ListedKey>>;
  /**
   * What the functions can do beyond that, default nothing: `contentType` and `metadata` are kept and given back by `get`;
   * the conditions `ifNoneMatch`, `ifMatch` and `deleteIfMatch` are decided in one step with the change. And limits:
   * `maxObjectSize`, `maxPathLength`.
   */
  capability?:
    | Partial<
        Pick<
          Capability,
          "contentType" | "metadata" | "ifNoneMatch" | "ifMatch" | "deleteIfMatch" | "maxObjectSize" | "maxPathLength"
        >
      >
    | undefined;
  /** What an error of these functions means. Default: judged by its `code` (of sockets) and its `status` (of HTTP). */
  codeOf?: ((error: unknown) => StorageErrorCode | undefined) | undefined;
  /** Frees what the functions hold. Default: nothing. */
  close?: (() => unknown) | undefined;
}

const method = z.custom<(...args: never[]) => unknown>(isFunction, "must be a function");
const flag = z.optional(z.boolean());
const limit = z.optional(wholeNumber.check(z.gte(1)));

const schema = z.strictObject({
  name: z.string().check(z.minLength(1, "must not be empty")),
  get: method,
  put: method,
  delete: method,
  keys: method,
  capability: z.optional(
    z.strictObject({
      contentType: flag,
      metadata: flag,
      ifNoneMatch: flag,
      ifMatch: flag,
      deleteIfMatch: flag,
      maxObjectSize: limit,
      maxPathLength: limit,
    }),
  ),
  codeOf: z.optional(method),
  close: z.optional(method),
} satisfies Record<keyof StoreDefinition, z.ZodMiniType>);

/**
 * The definition as it was when it was read; its functions are called as methods of it.
 *
 * @throws {StorageError} `CONFIG_INVALID` that names every wrong field
 */
export function parseDefinition(definition: StoreDefinition): StoreDefinition {
  const { name, capability, ...methods } = parseOptions(schema, definition, "defineStore");
  const bound = Object.entries(methods).flatMap(([key, own]) =>
    own === undefined ? [] : [[key, own.bind(definition) as unknown] as const],
  );
  return { name, capability, ...Object.fromEntries(bound) } as StoreDefinition;
}
