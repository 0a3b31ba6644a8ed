import type { DriverCall } from "../driver-store.js";
import type { RedisConnection, Send } from "./connection.js";
import { toStorageError } from "./errors.js";
import { GivenConnection } from "./given-connection.js";
import type { ParsedRedisOptions } from "./options.js";
import { OwnConnection } from "./own-connection.js";
import { throwIfAborted } from "../../../async/abort.js";

/**
 * The keys of one store: `{prefix}:index`, and `{prefix}:object:<path>` for each object. What stands in braces is the hash
 * tag of Redis Cluster, so all of them lie in one slot, and one script may use them together. The scripts make the second
 * kind out of the first.
 */
class RedisKeys {
  readonly index: string;
  readonly #objects: string;

  constructor(prefix: string) {
    // Escaped: the tag ends at the first brace, and no prefix may look like the beginning of another one's keys.
    const tag = prefix.replace(/[%{}]/g, encodeURIComponent);
    this.index = `{${tag}}:index`;
    this.#objects = `{${tag}}:object:`;
  }

  object(path: string): string {
    return this.#objects + path;
  }
}

/** The part of a Redis database that holds one store: its keys, its settings, and how to send. */
export class RedisDatabase {
  readonly keys: RedisKeys;
  readonly maxObjectSize: number;
  readonly slidingTtl: boolean;
  /** As the scripts take it: ms, or empty. */
  readonly ttl: string;
  readonly #connection: RedisConnection;

  constructor(options: ParsedRedisOptions) {
    this.keys = new RedisKeys(options.prefix);
    this.maxObjectSize = options.maxObjectSize;
    this.slidingTtl = options.slidingTtl;
    this.ttl = options.ttl?.toString() ?? "";
    this.#connection =
      options.client === undefined ? new OwnConnection(options.url!, options) : new GivenConnection(options.client);
  }

  /** Sends one command. Rejects with a StorageError, at once when the call is aborted. */
  async send<T>(call: DriverCall, command: Send<T>): Promise<T> {
    throwIfAborted(call.signal, call.details);
    try {
      return await this.#connection.run(command, call);
    } catch (error) {
      throw toStorageError(error, call);
    }
  }

  /** Runs a script in one step. Its text goes along: a server that was restarted knows none. */
  async script(
    call: DriverCall,
    script: string,
    keys: readonly string[],
    args: readonly (string | Buffer)[],
  ): Promise<unknown> {
    return this.send(call, (commands) => commands.evalBuffer(script, keys.length, ...keys, ...args));
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}
