import { clockField, functionField } from "../../../options/fields.js";
import * as z from "zod/mini";
import { observerField, type ObserverOption } from "../../../observe/observer.js";
import type { Clock } from "../../../async/clock.js";
import { parseOptions } from "../../../options/parse-options.js";
import type { Store } from "../../store.js";
import { type DigestOf } from "../replicas/known-digest.js";
import { contentAddressedDigest } from "../../../object/object-name.js";
import { storesSchema } from "../replicas/replica.js";

/**
 * Says which stores hold copies of an object, by name, in the order in which they are asked. An empty list means that
 * there is no such object. When the promise rejects, nobody knows.
 */
export type Locator = (path: string, options: { signal: AbortSignal }) => Promise<string[]>;

/** Limits of the memory of where copies were found while the locator was not available. */
export interface LocationCacheOptions {
  /** Milliseconds for which a location is believed. Default 60,000. */
  ttl?: number | undefined;
  /** Part of `ttl`, from 0 to 1, that is taken off at random, so that not all locations expire at once. Default 0.1. */
  jitter?: number | undefined;
  /** Most locations that are kept. The least recently used location is forgotten first. Default 10,000. */
  maxEntries?: number | undefined;
}

/** How stores are asked when nobody knows which of them hold the object. */
export interface BroadcastOptions {
  /** Whether stores are asked one after the other, or several at a time. Default `"sequential"`. */
  mode?: "sequential" | "parallel" | undefined;
  /** Most stores that are asked at a time, with `"parallel"`. Default 4. */
  parallelism?: number | undefined;
}

/** Options of composed stores that read one of several copies. */
export interface CopyReadOptions {
  /**
   * Milliseconds that the locator or one copy may take. The limit holds for an answer, for a whole body that is held
   * in memory, and for each chunk of a larger body. It is also the time in which a store must write a body that is
   * held in memory. After it, the locator or the copy counts as failed, with `TIMEOUT`. Default: no limit, so that a
   * store that hangs is waited for until the caller gives up.
   */
  attemptTimeout?: number | undefined;
  /**
   * Bytes of the largest body that is held in memory. Such a body is read whole and checked before any of it is
   * handed out. When a store fails, it is written to another one. A larger body is streamed. Default 8,388,608.
   */
  maxBufferSize?: number | undefined;
  /**
   * Whether a read of a part fetches the whole object to check its digest, if the object has up to `maxBufferSize`
   * bytes. Default `false`: only the part is transferred, and only its length is checked.
   */
  verifyRanges?: boolean | undefined;
  /**
   * Returns the digest that an object must have: `sha256-` + base64url of the whole, or `undefined` if it is not
   * known. Default: the digest in a content-addressed path, `{prefix}/{scope}/{sha256 hex}.json|.pack|.bin`. Give a
   * function of your own if your paths look so and are something else.
   */
  digest?: DigestOf | undefined;
  /**
   * Whether a write keeps the digest beside the object, as metadata `coatcheck-digest`, so that later reads can check
   * it. This needs three things. Every store keeps metadata, the path does not tell the digest, and the body is held
   * in memory (or its `digest` was declared). Default `true`.
   */
  storeDigest?: boolean | undefined;
  /** Default: the time of this machine. */
  clock?: Clock | undefined;
  /**
   * Hears of copies that failed (`replica_failure`) or were skipped for their limits (`replica_skip`), and more.
   * Default: the observer of the manager that makes the call.
   */
  observer?: ObserverOption | undefined;
}

/** Options of {@link FailoverStore}. */
export interface FailoverStoreOptions extends CopyReadOptions {
  /** The stores by name, in the order in which they are asked and written to. At least one. */
  stores: Readonly<Record<string, Store>>;
  /** Says where copies are. Default: no locator, and the stores are asked as `broadcast` says. */
  locator?: Locator | undefined;
  /** The limits of the remembered locations. `false` remembers nothing. Default: 10,000 locations for a minute each. */
  locationCache?: false | LocationCacheOptions | undefined;
  /** How stores are asked when nobody knows where copies are. Default: one after the other. */
  broadcast?: BroadcastOptions | undefined;
  /** Whether stores are asked when the locator fails. Default `true`. With `false`, such a read is `UNAVAILABLE`. */
  degradedReads?: boolean | undefined;
  /** Returns numbers from 0 to below 1, for the jitter. Default `Math.random`. */
  random?: (() => number) | undefined;
}

/** The fields of {@link CopyReadOptions}. */
export const copyReadFields = {
  attemptTimeout: z.optional(z.number().check(z.positive("must be more than 0 ms"), z.lte(2_147_483_647))),
  maxBufferSize: z._default(z.int().check(z.gte(0)), 8_388_608),
  verifyRanges: z._default(z.boolean(), false),
  digest: z._default(functionField<DigestOf>(), () => contentAddressedDigest),
  storeDigest: z._default(z.boolean(), true),
  clock: clockField,
  observer: observerField,
};

const cache = z.strictObject({
  ttl: z._default(z.number().check(z.positive("must be more than 0 ms")), 60_000),
  jitter: z._default(z.number().check(z.gte(0), z.lte(1)), 0.1),
  maxEntries: z._default(z.int().check(z.gte(1)), 10_000),
});

const schema = z.strictObject({
  ...copyReadFields,
  stores: storesSchema,
  locator: z.optional(functionField<Locator>()),
  locationCache: z.prefault(
    z.union([z.literal(false), cache], "must be false or an object of ttl, jitter, maxEntries"),
    {},
  ),
  broadcast: z.prefault(
    z.strictObject({
      mode: z._default(z.enum(["sequential", "parallel"]), "sequential"),
      parallelism: z._default(z.int().check(z.gte(1)), 4),
    }),
    {},
  ),
  degradedReads: z._default(z.boolean(), true),
  random: z._default(functionField<() => number>(), () => Math.random),
});

export type FailoverSettings = z.output<typeof schema>;

/** @throws {StorageError} `CONFIG_INVALID` that names each field which is wrong */
export function parseFailoverStoreOptions(options: FailoverStoreOptions): FailoverSettings {
  return parseOptions(schema, options, "FailoverStore");
}
