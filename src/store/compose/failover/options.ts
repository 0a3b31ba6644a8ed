import { clock } from "../../../options/fields.js";
import * as z from "zod/mini";
import { observerField, type ObserverOption } from "../../../observe/observer.js";
import { systemClock, type Clock } from "../../../async/clock.js";
import { parseOptions } from "../../../options/parse-options.js";
import type { Store } from "../../store.js";
import { type DigestOf } from "../replicas/known-digest.js";
import { contentAddressedDigest } from "../../../object/object-name.js";
import { storesSchema } from "../replicas/replica.js";

/**
 * Says which stores hold copies of an object, by name, those first that are to be asked first. None: there is no such
 * object. When it rejects, nobody knows.
 */
export type Locator = (path: string, options: { signal: AbortSignal }) => Promise<string[]>;

/** What is remembered of where copies were found while the locator was not available. */
export interface LocationCacheOptions {
  /** Milliseconds that a location is believed. Default 60,000. */
  ttl?: number | undefined;
  /** Part of `ttl`, from 0 to 1, that is taken off at random, so that not all are forgotten at once. Default 0.1. */
  jitter?: number | undefined;
  /** Locations kept; the least recently used is forgotten first. Default 10,000. */
  maxEntries?: number | undefined;
}

/** How stores are asked when nobody knows which of them hold the object. */
export interface BroadcastOptions {
  /** One after the other, or several at a time. Default `"sequential"`. */
  mode?: "sequential" | "parallel" | undefined;
  /** Most stores that are asked at a time, if `"parallel"`. Default 4. */
  parallelism?: number | undefined;
}

/** Options of composed stores that read one of several copies. */
export interface CopyReadOptions {
  /**
   * Milliseconds that the locator or one copy may take: to answer, for a body that is held in memory to come whole, and
   * for each chunk of a larger one. Also how long a store may take to write a body that is held in memory. Then it counts
   * as failed, with `TIMEOUT`. Default: no limit, so that one that hangs is waited for until the caller gives up.
   */
  attemptTimeout?: number | undefined;
  /**
   * Bytes of the largest body that is held in memory: read whole and checked before any of it is handed out, and written
   * to another store when one fails. What is larger is streamed. Default 8,388,608.
   */
  maxBufferSize?: number | undefined;
  /**
   * Whether a read of a part, of an object of up to `maxBufferSize` bytes, takes the whole object to check its digest.
   * Default `false`: only the part is transferred, and only its length checked.
   */
  verifyRanges?: boolean | undefined;
  /**
   * The digest that an object must have: `sha256-` + base64url of the whole, or `undefined` if it is not known. Default:
   * the one in a content-addressed path, `{prefix}/{scope}/{sha256 hex}.json|.pack|.bin`. Give a function of your own
   * if your paths look so and are something else.
   */
  digest?: DigestOf | undefined;
  /**
   * Whether the digest of what is written is kept beside it, as metadata `coatcheck-digest`, so that later reads can be
   * checked: where every store keeps metadata, the path does not tell the digest, and the body is held in memory (or its
   * `digest` declared). Default `true`.
   */
  storeDigest?: boolean | undefined;
  /** Default: the time of this machine. */
  clock?: Clock | undefined;
  /**
   * Is told of copies that failed (`replica_failure`) or were skipped for their limits (`replica_skip`), and more.
   * Default: the observer of the manager whose call it is.
   */
  observer?: ObserverOption | undefined;
}

/** Options of {@link FailoverStore}. */
export interface FailoverStoreOptions extends CopyReadOptions {
  /** The stores by name, in the order in which they are asked and written to. At least one. */
  stores: Readonly<Record<string, Store>>;
  /** Says where copies are. Default: nobody does, and the stores are asked as `broadcast` says. */
  locator?: Locator | undefined;
  /** `false` remembers nothing. Default: 10,000 locations for a minute each. */
  locationCache?: false | LocationCacheOptions | undefined;
  /** Default: one after the other. */
  broadcast?: BroadcastOptions | undefined;
  /** Whether stores are asked when the locator fails. Default `true`; `false` makes such a read `UNAVAILABLE`. */
  degradedReads?: boolean | undefined;
  /** Gives numbers from 0 to below 1, for the jitter. Default `Math.random`. */
  random?: (() => number) | undefined;
}

const fn = <T>() => z.custom<T>((value) => typeof value === "function", "must be a function");

/** The fields of {@link CopyReadOptions}. */
export const copyReadFields = {
  attemptTimeout: z.optional(z.number().check(z.positive("must be more than 0 ms"), z.lte(2_147_483_647))),
  maxBufferSize: z._default(z.int().check(z.gte(0)), 8_388_608),
  verifyRanges: z._default(z.boolean(), false),
  digest: z._default(fn<DigestOf>(), () => contentAddressedDigest),
  storeDigest: z._default(z.boolean(), true),
  clock: z._default(clock, systemClock),
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
  locator: z.optional(fn<Locator>()),
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
  random: z._default(fn<() => number>(), () => Math.random),
});

export type FailoverSettings = z.output<typeof schema>;

/** @throws {StorageError} `CONFIG_INVALID` that names each field which is wrong */
export function parseFailoverStoreOptions(options: FailoverStoreOptions): FailoverSettings {
  return parseOptions(schema, options, "FailoverStore");
}
