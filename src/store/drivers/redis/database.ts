import type { DriverCall } from "../driver-store.js";
import type { RedisConnection, Send } from "./connection.js";
import { toStorageError } from "./errors.js";
import { GivenConnection } from "./given-connection.js";
import type { ParsedRedisOptions } from "./options.js";
import { OwnConnection } from "./own-connection.js";
import { throwIfAborted } from "../../../async/abort.js";

/** The part of a Redis database that holds one store: its keys, its settings and its connection. */
export class RedisDatabase {
  /**
   * The keys of the store: `{prefix}:index`, and `{prefix}:object:<path>` for each object. The text in braces is the
   * hash tag of Redis Cluster. So all keys are in one slot, and one script may use them together. The scripts derive
   * the keys of objects from the key of the index.
   */
  readonly keys: { readonly index: string; object(path: string): string };
  /** The `ttl` in the form that the scripts take: milliseconds, or empty. */
  readonly ttl: string;
  readonly #connection: RedisConnection;

  constructor(readonly options: ParsedRedisOptions) {
    // Escaped, since the tag ends at the first brace. No prefix may look like the beginning of another store's keys.
    const tag = options.prefix.replace(/[%{}]/g, encodeURIComponent);
    this.keys = { index: `{${tag}}:index`, object: (path) => `{${tag}}:object:${path}` };
    this.ttl = options.ttl?.toString() ?? "";
    this.#connection = options.client === undefined ? new OwnConnection(options) : new GivenConnection(options.client);
  }

  /** Sends one command. Rejects with a StorageError, at once if the call is aborted. */
  async send<T>(call: DriverCall, command: Send<T>): Promise<T> {
    throwIfAborted(call.signal, call.details);
    try {
      return await this.#connection.run(command, call);
    } catch (error) {
      throw toStorageError(error, call);
    }
  }

  /** Runs a script in one step. Sends the text of the script each time, since a restarted server knows no scripts. */
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
