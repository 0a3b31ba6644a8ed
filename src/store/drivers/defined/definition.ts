import * as z from "zod/mini";
import type { StorageErrorCode } from "../../../errors/error.js";
import { functionField } from "../../../options/fields.js";
import { parseOptions } from "../../../options/parse-options.js";
import type { Capability } from "../../capability.js";
import type { ObjectInfo } from "../../store.js";
import { conditionFlags, wholeNumber } from "../driver-options.js";

/** A value, or a promise of the value. */
export type Awaitable<T> = T | Promise<T>;

/** An object in the form in which the definition stores it. */
export interface StoredObject {
  /** Bytes in any form that JavaScript has for them. */
  bytes: Uint8Array | ArrayBuffer | DataView;
  /** Version tag, which differs for every other content. Needed for `ifMatch` and `deleteIfMatch`. */
  etag?: string | undefined;
  lastModified?: Date | undefined;
  contentType?: string | undefined;
  metadata?: Record<string, string> | undefined;
}

/** Options of a `put`. Only those that the `capability` of the definition declares are set. */
export interface PutOptions {
  contentType?: string | undefined;
  metadata?: Record<string, string> | undefined;
  /** Put only if there is no object, in one step. Otherwise return `false`. */
  ifNoneMatch?: "*" | undefined;
  /** Put only if the object has this etag, in one step. Otherwise return `false`. */
  ifMatch?: string | undefined;
  /** Fires when nobody waits for the result any more. */
  signal?: AbortSignal | undefined;
}

/** Options of a `delete`. */
export interface RemoveOptions {
  /** Delete only if the object has this etag, in one step. Otherwise return `false`. */
  ifMatch?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Options of a listing. */
export interface KeysOptions {
  /** Only keys after this one are wanted, by UTF-8 bytes. The function may return others too. */
  startAfter?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** A listed object: its path, or an object with its path, its size and other known facts. */
export type ListedKey = string | (Pick<ObjectInfo, "path" | "size"> & Partial<ObjectInfo>);

/** Four functions that make a store: see {@link defineStore}. */
export interface StoreDefinition {
  /** Name for errors, logs and metrics. */
  name: string;
  /** Returns the bytes of an object, or the object. Returns `undefined` or `null` if there is none. */
  get(
    path: string,
    options: { signal?: AbortSignal | undefined },
  ): Awaitable<StoredObject | StoredObject["bytes"] | null | undefined>;
  /**
   * Puts an object in place, completely or not at all. May keep the bytes. Returns the etag, if there is one. Returns
   * `false` if a condition does not hold.
   */
  put(path: string, bytes: Uint8Array, options: PutOptions): Awaitable<unknown>;
  /** Deletes an object. A missing object is no error. Returns `false` if a condition does not hold. */
  delete(path: string, options: RemoveOptions): Awaitable<unknown>;
  /**
   * Returns the paths that begin with `prefix`, in any order. May also return other paths. For each bare path, the
   * store fetches the object to find its size. So return `{ path, size }` where the size is known.
   */
  keys(prefix: string, options: KeysOptions): Awaitable<Iterable<ListedKey> | AsyncIterable<ListedKey>>;
  /**
   * Extra features and limits of the functions. Default: none.
   *
   * With `contentType` and `metadata`, the functions keep these values, and `get` returns them. With `ifNoneMatch`,
   * `ifMatch` and `deleteIfMatch`, they check the condition in one step with the change. The limits are
   * `maxObjectSize` and `maxPathLength`.
   */
  capability?:
    | Partial<
        Pick<
          Capability,
          "contentType" | "metadata" | "ifNoneMatch" | "ifMatch" | "deleteIfMatch" | "maxObjectSize" | "maxPathLength"
        >
      >
    | undefined;
  /**
   * Returns the code for an error of these functions. Default: judged by its `code` (of sockets) and its `status` (of
   * HTTP).
   */
  codeOf?: ((error: unknown) => StorageErrorCode | undefined) | undefined;
  /** Frees the resources of the functions. Default: nothing. */
  close?: (() => unknown) | undefined;
}

const method = functionField<(...args: never[]) => unknown>();
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
      ...conditionFlags,
      maxObjectSize: limit,
      maxPathLength: limit,
    }),
  ),
  codeOf: z.optional(method),
  close: z.optional(method),
} satisfies Record<keyof StoreDefinition, z.ZodMiniType>);

/**
 * Checks a definition and copies it. Its functions are called as methods of the original.
 *
 * @throws {StorageError} `CONFIG_INVALID`, which names every wrong field
 */
export function parseDefinition(definition: StoreDefinition): StoreDefinition {
  const { name, capability, ...methods } = parseOptions(schema, definition, "defineStore");
  const bound = Object.entries(methods).flatMap(([key, own]) =>
    own === undefined ? [] : [[key, own.bind(definition) as unknown] as const],
  );
  return { name, capability, ...Object.fromEntries(bound) } as StoreDefinition;
}
