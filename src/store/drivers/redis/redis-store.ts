import { declareOwnStore } from "../../guard/own-stores.js";
import { endingSource } from "../../body-source.js";
import { unsupportedError, type Capability } from "../../capability.js";
import { checkCopy, checkDelete, checkList, checkRead, checkStat, checkWrite } from "../../check.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../../store.js";
import { copyObject } from "./copy.js";
import { RedisDatabase } from "./database.js";
import { deleteObject } from "./delete.js";
import { redisCall } from "./errors.js";
import { listObjects } from "./list.js";
import { parseRedisOptions, type RedisStoreOptions } from "./options.js";
import { readObject, statObject } from "./read.js";
import { touchObject } from "./touch.js";
import { writeObject } from "./write.js";

/**
 * Keeps objects in Redis 7 or newer, each as one string, by way of `ioredis` (an optional peer: install it beside
 * coatcheck). Everything but `presign` is supported; conditions are decided inside Redis. How durable a write is, Redis'
 * own settings say: by default it may lose the last seconds when it crashes.
 *
 * Errors carry a `RedisFailure` as `cause`. A command whose connection breaks before the answer may or may not have been
 * carried out; the call fails as `UNAVAILABLE`, or as `TIMEOUT` when Redis was silent, and the next one connects again.
 *
 * @example
 * const store = new RedisStore({ url: "redis://127.0.0.1:6379", prefix: "payloads", ttl: 3_600_000 });
 * await store.write("runs/42/input.json", '{"id":42}', { contentType: "application/json", ifNoneMatch: "*" });
 * await store.close();
 */
export class RedisStore implements Store {
  readonly name = "redis";
  readonly capability: Readonly<Capability>;
  readonly #database: RedisDatabase;

  /** @throws {StorageError} `CONFIG_INVALID` that names every wrong option. Nothing is connected yet. */
  constructor(options: RedisStoreOptions) {
    this.#database = new RedisDatabase(parseRedisOptions(options));
    this.capability = Object.freeze({
      read: true,
      write: true,
      stat: true,
      delete: true,
      list: true,
      copy: true,
      presign: false,
      rangeRead: true,
      ifNoneMatch: true,
      ifMatch: true,
      deleteIfMatch: true,
      metadata: true,
      contentType: true,
      maxObjectSize: this.#database.maxObjectSize,
    });
  }

  write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    return endingSource(body, async (source) => {
      const call = redisCall(checkWrite(this, path, source, options), options);
      return writeObject(this.#database, path, source, options, call);
    });
  }

  async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    return readObject(this.#database, path, options, redisCall(checkRead(this, path, options), options));
  }

  async stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    return statObject(this.#database, path, redisCall(checkStat(this, path, options), options));
  }

  async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    await deleteObject(this.#database, path, options, redisCall(checkDelete(this, path, options), options));
  }

  /**
   * The first listing of a store, and the first after Redis evicted its index, goes through all keys of the database. No
   * content type or metadata is listed.
   */
  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    yield* listObjects(this.#database, prefix, options, redisCall(checkList(this, prefix, options), options));
  }

  async copy(from: string, to: string, options: CallOptions = {}): Promise<ObjectInfo> {
    return copyObject(this.#database, from, to, redisCall(checkCopy(this, from, to, options), options));
  }

  /**
   * Lets an object live on as if it had just been written: begins its `ttl` anew, if it has one. False when there is no
   * such object. A `TieredStore` with `slideRemoteTtl` calls this.
   */
  async touch(path: string, options: CallOptions = {}): Promise<boolean> {
    const details = { ...checkStat(this, path, options), operation: "touch" };
    return touchObject(this.#database, path, redisCall(details, options));
  }

  /** Always `UNSUPPORTED`. */
  presign(path: string): Promise<string> {
    return Promise.reject(unsupportedError(this, "presign", "presign", path));
  }

  /**
   * Closes the connection, if the store opened it. Calls that are under way fail as `UNAVAILABLE`; a later one opens a
   * connection again, which does not keep the process alive once it is idle.
   */
  async close(): Promise<void> {
    await this.#database.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  static {
    declareOwnStore(this);
  }
}
