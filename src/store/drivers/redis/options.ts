import { clock, hasMethods } from "../../../options/fields.js";
import * as z from "zod/mini";
import type { Clock } from "../../../async/clock.js";
import { parseOptions } from "../../../options/parse-options.js";
import { isOneAtMost, rule, soundText, wholeNumber } from "../driver-options.js";
import { MAX_PREFIX_BYTES, MAX_TTL } from "./limits.js";
import { redisUrlProblem } from "./redis-url.js";

/**
 * A client of ioredis 5 or 6: `Redis` (one server, or Sentinels) or `Cluster`. Declared by two of its methods, so that it
 * fits whichever version is installed, and none is needed to compile.
 */
export interface RedisClient {
  getBuffer(key: string): Promise<Buffer | null>;
  eval(script: string, keyCount: number, ...args: (string | Buffer)[]): Promise<unknown>;
}

/** Room in a value for what stands before the body, in bytes. */
export const MAX_HEADER_SIZE = 64 * 1024;

/**
 * Largest object in bytes. Redis takes strings of up to 512 MB (`proto-max-bulk-len` in redis.conf; Redis docs, "Strings",
 * "Limits"), of which {@link MAX_HEADER_SIZE} are kept for the attributes.
 */
const MAX_OBJECT_SIZE = 512 * 1024 ** 2 - MAX_HEADER_SIZE;

const MAX_TIMEOUT = 2 ** 31 - 1;

/** Options of {@link RedisStore}: one of `client` and `url` is needed. */
export interface RedisStoreOptions {
  /**
   * A client of ioredis to use. It stays the caller's: `close()` leaves it open, and its own timeouts, retries and queues
   * apply. By default ioredis has no `commandTimeout`, and tries long to reach a server that is down: give such a client
   * a `commandTimeout` and a small `maxRetriesPerRequest`, or the calls a signal.
   */
  client?: RedisClient | undefined;
  /**
   * Where the server is: `redis://user:password@host:port/db`, or `rediss://` with TLS. `db` is the number of a database,
   * 0 by default and always on a cluster; one that the server does not have is `CONFIG_INVALID` at the first call. The store then opens a connection
   * of its own at the first call, opens it again at the next call after it broke, and closes it on `close()`.
   */
  url?: string | undefined;
  /** What the keys in Redis begin with; stores with different ones never see each other. 1 to 512 bytes, default `"coatcheck"`. */
  prefix?: string | undefined;
  /** Milliseconds after which an object is gone, counted from its last write. Default: objects stay. */
  ttl?: number | undefined;
  /**
   * Every read of an object begins its `ttl` anew, in the same step as the read. An object written without a `ttl` stays.
   * Needs `ttl`. Default `false`.
   */
  slidingTtl?: boolean | undefined;
  /**
   * Largest object in bytes, default 64 MiB, at most 512 MiB less 64 KiB. An object travels in one command and is held in
   * memory as a whole, here and there, and Redis does nothing else meanwhile.
   */
  maxObjectSize?: number | undefined;
  /** Milliseconds to connect to `url`, default 5,000. Then the call is `TIMEOUT`. */
  connectTimeout?: number | undefined;
  /**
   * Milliseconds for one command sent to `url`, its body included, default 30,000. Then the call is `TIMEOUT`, and the
   * connection is given up, with what else waits for it.
   */
  commandTimeout?: number | undefined;
  /** Where the time of these timeouts comes from. Default: this machine. Redis has its own for `ttl` and `lastModified`. */
  clock?: Clock | undefined;
}

const milliseconds = wholeNumber.check(z.gte(1), z.lte(MAX_TIMEOUT));

const isClient = hasMethods("evalBuffer", "getBuffer");

const CLIENT_HAS_OWN = "can't be combined with client, which has its own";

const schema = z
  .strictObject({
    client: z.optional(z.custom<RedisClient>(isClient, "must be a client of ioredis")),
    url: z.optional(soundText(redisUrlProblem)),
    prefix: z._default(
      z.string().check(
        z.minLength(1, "must not be empty"),
        z.refine((prefix) => prefix.isWellFormed(), "must not hold a lone surrogate"),
        z.refine((prefix) => Buffer.byteLength(prefix) <= MAX_PREFIX_BYTES, `is longer than ${MAX_PREFIX_BYTES} bytes`),
      ),
      "coatcheck",
    ),
    ttl: z.optional(wholeNumber.check(z.gte(1), z.lte(MAX_TTL))),
    slidingTtl: z._default(z.boolean(), false),
    maxObjectSize: z._default(wholeNumber.check(z.gte(1), z.lte(MAX_OBJECT_SIZE)), 64 * 1024 ** 2),
    connectTimeout: z.optional(milliseconds),
    commandTimeout: z.optional(milliseconds),
    clock: z.optional(clock),
  })
  .check(
    rule("client", "one of client and url is needed", ({ client, url }) => client !== undefined || url !== undefined),
    rule("url", "can't be combined with client", ({ client, url }) => isOneAtMost(client, url)),
    rule("connectTimeout", CLIENT_HAS_OWN, (all) => isOneAtMost(all.client, all.connectTimeout)),
    rule("commandTimeout", CLIENT_HAS_OWN, (all) => isOneAtMost(all.client, all.commandTimeout)),
    rule("slidingTtl", "needs ttl", ({ slidingTtl, ttl }) => !slidingTtl || ttl !== undefined),
  );

/** The options as the store works with them: checked, defaults filled in. */
export type ParsedRedisOptions = z.output<typeof schema>;

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function parseRedisOptions(options: RedisStoreOptions): ParsedRedisOptions {
  return parseOptions(schema, options, "RedisStore");
}
