import { isStore, storeField } from "../../is-store.js";
import { clockField, rule } from "../../../options/fields.js";
import * as z from "zod/mini";
import { observerField, type ObserverOption } from "../../../observe/observer.js";
import type { Clock } from "../../../async/clock.js";
import { parseOptions } from "../../../options/parse-options.js";
import type { Store } from "../../store.js";
import { isTouchable } from "./touchable-store.js";

/** Options of {@link TieredStore}. */
export interface TieredStoreOptions {
  /** The store that holds the objects. `close()` closes it. */
  remote: Store;
  /**
   * Most bytes of memory that cached objects take. Each object counts 1 KiB and more for what is kept about it. In a
   * cache under 16 MiB that is a 16,384th of `maxBytes` at most. Default 67108864 (64 MiB). Bodies that are being
   * loaded or written take at most the same amount again. A body that would not fit is streamed.
   */
  maxBytes?: number | undefined;
  /**
   * Bytes of the largest object that is cached, at most `maxBytes`. Default: an eighth of `maxBytes`, or 1 MiB if that
   * is more. Larger objects are streamed through, and never held.
   */
  maxObjectSize?: number | undefined;
  /**
   * Milliseconds for which a copy is served without asking the remote. Required with `validate: "maxAge"`. With
   * `"immutable"` it means the same, and the default is for as long as the copy is kept. It has no meaning with
   * `"always"`.
   */
  ttl?: number | undefined;
  /**
   * When the remote is asked whether a copy is still what it holds. Default `"immutable"`: never, since
   * content-addressed paths do not change. `"maxAge"`: when the copy is older than `ttl`. `"always"`: at every read.
   *
   * Copy and remote are compared by etag and size. If the remote gives no etag, every check loads the object.
   */
  validate?: "immutable" | "maxAge" | "always" | undefined;
  /**
   * Whether a copy is served when it can't be checked or replaced, since the remote fails with `UNAVAILABLE`,
   * `TIMEOUT` or `THROTTLED`. The observer then hears `cache_stale`. Default false: the read fails.
   */
  staleIfError?: boolean | undefined;
  /**
   * Milliseconds after which `staleIfError` no longer serves a copy, counted from when the copy should have been
   * checked. Needs `staleIfError`. Default: no limit.
   */
  maxStale?: number | undefined;
  /**
   * Whether a hit renews the object in the remote, as a read there would. This is for a remote whose objects expire
   * unless they are used, such as a `RedisStore` with `slidingTtl`. The remote must be a {@link TouchableStore}.
   * Default false. The read does not wait for the renewal, and does not fail with it.
   */
  slideRemoteTtl?: boolean | undefined;
  /** The clock that measures age. Default: the time of this machine. */
  clock?: Clock | undefined;
  /**
   * Hears `cache_hit`, `cache_miss`, `cache_stale`, `cache_eviction` and `cache_fault`. Default: the observer of the
   * manager that makes the call.
   */
  observer?: ObserverOption | undefined;
}

// A comparison with any other value would call its methods.
const isNumber = (value: unknown): boolean => typeof value === "number";
const milliseconds = z.number().check(z.gte(0));

const schema = z.pipe(
  z
    .strictObject({
      remote: storeField,
      maxBytes: z._default(z.int().check(z.gte(1)), 64 * 1024 ** 2),
      maxObjectSize: z.optional(z.int().check(z.gte(0))),
      ttl: z.optional(milliseconds),
      validate: z._default(z.enum(["immutable", "maxAge", "always"]), "immutable"),
      staleIfError: z._default(z.boolean(), false),
      maxStale: z.optional(milliseconds),
      slideRemoteTtl: z._default(z.boolean(), false),
      clock: clockField,
      observer: observerField,
    })
    .check(
      rule(
        "maxObjectSize",
        "must not be more than maxBytes",
        ({ maxBytes, maxObjectSize = 0 }) => ![maxBytes, maxObjectSize].every(isNumber) || maxObjectSize <= maxBytes,
      ),
      rule("ttl", 'is required with validate: "maxAge"', (all) => all.validate !== "maxAge" || all.ttl !== undefined),
      rule(
        "validate",
        "needs a remote that can stat, unless copies are never checked",
        ({ remote, validate, ttl }) => !checks(validate, ttl) || !isStore(remote) || remote.capability.stat,
      ),
      rule("maxStale", "needs staleIfError", ({ maxStale, staleIfError }) => maxStale === undefined || staleIfError),
      rule(
        "slideRemoteTtl",
        "needs a remote with a method touch",
        ({ remote, slideRemoteTtl }) => !slideRemoteTtl || !isStore(remote) || isTouchable(remote),
      ),
    ),
  z.transform((options) => ({ ...options, maxObjectSize: options.maxObjectSize ?? usualObjectSize(options.maxBytes) })),
);

function checks(validate: string, ttl: number | undefined): boolean {
  return validate !== "immutable" || ttl !== undefined;
}

/** The options as the store works with them: checked, with the defaults filled in. */
export type ParsedTieredOptions = z.output<typeof schema>;

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function parseTieredOptions(options: TieredStoreOptions): ParsedTieredOptions {
  return parseOptions(schema, options, "TieredStore");
}

function usualObjectSize(maxBytes: number): number {
  return Math.max(Math.floor(maxBytes / 8), Math.min(maxBytes, 1024 ** 2));
}
