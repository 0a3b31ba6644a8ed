import { clockField, hasMethods, rule } from "../../../options/fields.js";
import * as z from "zod/mini";
import type { Clock } from "../../../async/clock.js";
import { parseOptions } from "../../../options/parse-options.js";
import { isOneAtMost, soundText, wholeNumber } from "../driver-options.js";
import { MAX_PREFIX_BYTES, MAX_TTL } from "./limits.js";
import { redisUrlProblem } from "./redis-url.js";

/**
 * A client of ioredis 5 or 6: `Redis` (one server, or Sentinels) or `Cluster`. Only two of its methods are declared,
 * so that any installed version fits, and none is needed to compile.
 */
export interface RedisClient {
  getBuffer(key: string): Promise<Buffer | null>;
  eval(script: string, keyCount: number, ...args: (string | Buffer)[]): Promise<unknown>;
}

/** Bytes of a value that are reserved for the header and the attributes before the body. */
export const MAX_HEADER_SIZE = 64 * 1024;

/**
 * Largest object in bytes. Redis takes strings of up to 512 MB (`proto-max-bulk-len` in redis.conf; Redis docs,
 * "Strings", "Limits"). {@link MAX_HEADER_SIZE} bytes of them are reserved for the attributes.
 */
const MAX_OBJECT_SIZE = 512 * 1024 ** 2 - MAX_HEADER_SIZE;

const MAX_TIMEOUT = 2 ** 31 - 1;

/** Options of {@link RedisStore}. One of `client` and `url` is needed. */
export interface RedisStoreOptions {
  /**
   * A client of ioredis to use. The caller still owns it: `close()` leaves it open, and its own timeouts, retries and
   * queues apply. By default, ioredis has no `commandTimeout`, and tries for a long time to reach a server that is
   * down. So give the client a `commandTimeout` and a small `maxRetriesPerRequest`, or give the calls a signal.
   */
  client?: RedisClient | undefined;
  /**
   * URL of the server: `redis://user:password@host:port/db`, or `rediss://` with TLS. `db` is the number of a
   * database. It is 0 by default, and always 0 on a cluster. If the server does not have the database, the first call
   * fails as `CONFIG_INVALID`.
   *
   * The store opens its own connection at the first call, and closes it on `close()`. If the connection breaks, the
   * next call opens another.
   */
  url?: string | undefined;
  /**
   * Beginning of the keys in Redis. Stores with different prefixes never see each other. 1 to 512 bytes, default
   * `"coatcheck"`.
   */
  prefix?: string | undefined;
  /** Milliseconds from its last write until an object is gone. Default: objects stay. */
  ttl?: number | undefined;
  /**
   * Whether every read of an object restarts its `ttl`, in the same step as the read. An object written without a
   * `ttl` stays. Needs `ttl`. Default `false`.
   */
  slidingTtl?: boolean | undefined;
  /**
   * Largest object in bytes. Default 64 MiB, at most 512 MiB less 64 KiB. One command carries the whole object. The
   * process and Redis both hold it in memory, and Redis does nothing else meanwhile.
   */
  maxObjectSize?: number | undefined;
  /** Milliseconds to connect to `url`, default 5,000. After that, the call fails as `TIMEOUT`. */
  connectTimeout?: number | undefined;
  /**
   * Milliseconds for one command sent to `url`, including its body, default 30,000. After that, the call fails as
   * `TIMEOUT`, and the connection is closed. All other calls that wait for the connection fail too.
   */
  commandTimeout?: number | undefined;
  /**
   * Clock of these timeouts. Default: the clock of this machine. Redis has its own clock for `ttl` and
   * `lastModified`.
   */
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
    clock: clockField,
  })
  .check(
    rule("client", "one of client and url is needed", ({ client, url }) => client !== undefined || url !== undefined),
    rule("url", "can't be combined with client", ({ client, url }) => isOneAtMost(client, url)),
    rule("connectTimeout", CLIENT_HAS_OWN, (all) => isOneAtMost(all.client, all.connectTimeout)),
    rule("commandTimeout", CLIENT_HAS_OWN, (all) => isOneAtMost(all.client, all.commandTimeout)),
    rule("slidingTtl", "needs ttl", ({ slidingTtl, ttl }) => !slidingTtl || ttl !== undefined),
  );

/** The checked options, with defaults filled in. */
export type ParsedRedisOptions = z.output<typeof schema>;

/** @throws {StorageError} `CONFIG_INVALID`, which names every wrong field */
export function parseRedisOptions(options: RedisStoreOptions): ParsedRedisOptions {
  return parseOptions(schema, options, "RedisStore");
}
