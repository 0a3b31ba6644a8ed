import { isStore, storeField } from "../../is-store.js";
import { clock } from "../../../options/fields.js";
import * as z from "zod/mini";
import { observerField, type ObserverOption } from "../../../observe/observer.js";
import { systemClock, type Clock } from "../../../async/clock.js";
import { parseOptions } from "../../../options/parse-options.js";
import type { Store } from "../../store.js";
import { isTouchable } from "./touchable-store.js";

/** Options of {@link TieredStore}. */
export interface TieredStoreOptions {
  /** Where the objects are. `close()` closes it. */
  remote: Store;
  /**
   * Most bytes of memory that cached objects take, with 1 KiB and more for what is kept about each; default 67108864
   * (64 MiB). Bodies that are being loaded or written take as much again at most: what would not fit is streamed.
   */
  maxBytes?: number | undefined;
  /**
   * Bytes of the largest object that is cached, at most `maxBytes`; default an eighth of it. Larger ones are streamed
   * through, never held.
   */
  maxObjectSize?: number | undefined;
  /**
   * Milliseconds for which a copy is served without asking the remote. Required with `validate: "maxAge"`. With
   * `"immutable"` it means the same; default there: for as long as the copy is kept. No meaning with `"always"`.
   */
  ttl?: number | undefined;
  /**
   * When the remote is asked whether a copy is still what it holds. Default `"immutable"`: never, since content-addressed
   * paths do not change. `"maxAge"`: when the copy is older than `ttl`. `"always"`: at every read.
   *
   * Copy and remote are compared by etag and size. Where the remote gives no etag, every check loads the object.
   */
  validate?: "immutable" | "maxAge" | "always" | undefined;
  /**
   * Whether a copy that can't be checked or replaced, since the remote fails with `UNAVAILABLE`, `TIMEOUT` or `THROTTLED`,
   * is served all the same (and told as `cache_stale`). Default false: the read fails.
   */
  staleIfError?: boolean | undefined;
  /**
   * Needs `staleIfError`. Milliseconds after which it no longer serves a copy, counted from when the copy should have been
   * checked. Default: no limit.
   */
  maxStale?: number | undefined;
  /**
   * Whether a hit lets the object live on in the remote, as a read there would: for a remote whose objects expire unless
   * they are used, such as a `RedisStore` with `slidingTtl`. It must be a {@link TouchableStore}. Default false. The read
   * does not wait for it, and does not fail with it.
   */
  slideRemoteTtl?: boolean | undefined;
  /** What age is counted by. Default: the time of this machine. */
  clock?: Clock | undefined;
  /**
   * Is told `cache_hit`, `cache_miss`, `cache_stale`, `cache_eviction` and `cache_fault`.
   * Default: the observer of the manager whose call it is.
   */
  observer?: ObserverOption | undefined;
}

// Comparing anything else would call its methods.
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
      clock: z._default(clock, systemClock),
      observer: observerField,
    })
    .check(
      z.refine(
        ({ maxBytes, maxObjectSize = 0 }) => ![maxBytes, maxObjectSize].every(isNumber) || maxObjectSize <= maxBytes,
        {
          path: ["maxObjectSize"],
          message: "must not be more than maxBytes",
          when,
        },
      ),
      z.refine(({ validate, ttl }) => validate !== "maxAge" || ttl !== undefined, {
        path: ["ttl"],
        message: 'is required with validate: "maxAge"',
        when,
      }),
      z.refine(({ remote, validate, ttl }) => !checks(validate, ttl) || !isStore(remote) || remote.capability.stat, {
        path: ["validate"],
        message: "needs a remote that can stat, unless copies are never checked",
        when,
      }),
      z.refine(({ maxStale, staleIfError }) => maxStale === undefined || staleIfError, {
        path: ["maxStale"],
        message: "needs staleIfError",
        when,
      }),
      z.refine(({ remote, slideRemoteTtl }) => !slideRemoteTtl || !isStore(remote) || isTouchable(remote), {
        path: ["slideRemoteTtl"],
        message: "needs a remote with a method touch",
        when,
      }),
    ),
  z.transform((options) => ({ ...options, maxObjectSize: options.maxObjectSize ?? Math.floor(options.maxBytes / 8) })),
);

// Also when a field is wrong by itself, so that one error names everything.
function when({ value }: { value: unknown }): boolean {
  return typeof value === "object" && value !== null;
}

function checks(validate: string, ttl: number | undefined): boolean {
  return validate !== "immutable" || ttl !== undefined;
}

/** The options as the store works with them: checked, defaults filled in. */
export type ParsedTieredOptions = z.output<typeof schema>;

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function parseTieredOptions(options: TieredStoreOptions): ParsedTieredOptions {
  return parseOptions(schema, options, "TieredStore");
}
