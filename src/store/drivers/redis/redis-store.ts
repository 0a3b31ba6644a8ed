import { DriverStore } from "../driver-store.js";
import { declareOwnStore } from "../../guard/own-stores.js";
import { checkStat } from "../../check.js";
import type { CallOptions } from "../../store.js";
import { RedisDatabase } from "./database.js";
import { listObjects } from "./list.js";
import { copyObject, deleteObject, readObject, statObject, touchObject, writeObject } from "./objects.js";
import { parseRedisOptions, type RedisStoreOptions } from "./options.js";

/**
 * Keeps objects in Redis 7 or newer, each as one string, by way of `ioredis` (an optional peer: install it beside
 * coatcheck). Everything but `presign` is supported; conditions are decided inside Redis. How durable a write is, Redis'
 * own settings say: by default it may lose the last seconds when it crashes.
 *
 * Errors carry a `RedisFailure` as `cause`. A command whose connection breaks before the answer may or may not have been
 * carried out; the call fails as `UNAVAILABLE`, or as `TIMEOUT` when Redis was silent, and the next one connects again.
 *
 * The first listing of a store, and the first after Redis evicted its index, goes through all keys of the database. No
 * content type or metadata is listed.
 *
 * `close()` closes the connection, if the store opened it. Calls that are under way fail as `UNAVAILABLE`; a later one opens
 * a connection again, which does not keep the process alive once it is idle.
 *
 * @example
 * const store = new RedisStore({ url: "redis://127.0.0.1:6379", prefix: "payloads", ttl: 3_600_000 });
 * await store.write("runs/42/input.json", '{"id":42}', { contentType: "application/json", ifNoneMatch: "*" });
 * await store.close();
 */
export class RedisStore extends DriverStore<"redis"> {
  readonly #database: RedisDatabase;

  /** @throws {StorageError} `CONFIG_INVALID` that names every wrong option. Nothing is connected yet. */
  constructor(options: RedisStoreOptions) {
    const database = new RedisDatabase(parseRedisOptions(options));
    super({
      name: "redis",
      capability: { presign: false, maxObjectSize: database.maxObjectSize },
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
   * Lets an object live on as if it had just been written: begins its `ttl` anew, if it has one. False when there is no
   * such object. A `TieredStore` with `slideRemoteTtl` calls this.
   */
  async touch(path: string, options: CallOptions = {}): Promise<boolean> {
    const details = { ...checkStat(this, path, options), operation: "touch" };
    return touchObject(this.#database, path, { details, signal: options.signal });
  }

  static {
    declareOwnStore(this);
  }
}
