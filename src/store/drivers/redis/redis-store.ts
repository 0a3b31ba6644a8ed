import { DriverStore } from "../driver-store.js";
import { declareOwnStore } from "../../guard/own-stores.js";
import { checkStat } from "../../check.js";
import type { CallOptions } from "../../store.js";
import type { RedisSettings } from "../settings.js";
import { RedisDatabase } from "./database.js";
import { listObjects } from "./list.js";
import { loadRedis } from "./own-connection.js";
import { copyObject, deleteObject, readObject, statObject, touchObject, writeObject } from "./objects.js";
import { parseRedisOptions, type RedisStoreOptions } from "./options.js";

/**
 * Keeps each object in Redis 7 or newer, as one string. Uses `ioredis`, an optional peer: install it beside
 * coatcheck. Supports everything except `presign`. Redis itself checks conditions. The settings of Redis decide how
 * durable a write is: by default, a crash of Redis may lose the last seconds.
 *
 * Errors carry a `RedisFailure` as `cause`. If a connection breaks before the answer, Redis may or may not have run
 * the command. The call fails as `UNAVAILABLE`, or as `TIMEOUT` if Redis was silent, and the next call connects
 * again.
 *
 * The first listing of a store goes through all keys of the database. So does the first one after Redis evicted the
 * index of the store. Listings have no content type and no metadata.
 *
 * `close()` closes the connection, if the store opened it. Calls in flight fail as `UNAVAILABLE`. A later call opens
 * a connection again, which does not keep the process alive once it is idle.
 *
 * @example
 * const store = new RedisStore({ url: "redis://127.0.0.1:6379", prefix: "payloads", ttl: 3_600_000 });
 * await store.write("runs/42/input.json", '{"id":42}', { contentType: "application/json", ifNoneMatch: "*" });
 * await store.close();
 */
export class RedisStore extends DriverStore<"redis"> {
  readonly #database: RedisDatabase;

  /** @throws {StorageError} `CONFIG_INVALID`, which names every wrong option. Nothing is connected yet. */
  constructor(options: RedisStoreOptions) {
    const database = new RedisDatabase(parseRedisOptions(options));
    super({
      name: "redis",
      capability: { presign: false, maxObjectSize: database.options.maxObjectSize },
      write: (path, body, options, call) => writeObject(database, path, body, options, call),
      read: (path, options, call) => readObject(database, path, options, call),
      stat: (path, call) => statObject(database, path, call),
      delete: (path, options, call) => deleteObject(database, path, options, call),
      list: (prefix, options, call) => listObjects(database, prefix, options, call),
      copy: (from, to, call) => copyObject(database, from, to, call),
      close: () => database.close(),
    });
    this.#database = database;
  }

  /**
   * Restarts the `ttl` of an object, if it has one, as if the object had just been written. Returns `false` if there
   * is no such object. A `TieredStore` with `slideRemoteTtl` calls this method.
   */
  async touch(path: string, options: CallOptions = {}): Promise<boolean> {
    const details = { ...checkStat(this, path, options), operation: "touch" };
    return touchObject(this.#database, path, { details, signal: options.signal });
  }

  static {
    declareOwnStore(this);
  }
}

/**
 * Makes a {@link RedisStore} with its own connection, from the settings of the environment.
 *
 * @throws {StorageError} `MISSING_DEPENDENCY` for `ioredis`
 */
export async function createRedisStore({ url, prefix, ttl }: RedisSettings): Promise<RedisStore> {
  await loadRedis();
  return new RedisStore({ url, prefix, ttl });
}
