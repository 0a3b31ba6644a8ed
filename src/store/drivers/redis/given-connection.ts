import type { DriverCall } from "../driver-store.js";
import { abortable } from "../../../async/abort.js";
import { commandsOf, type RedisConnection, type Send } from "./connection.js";
import { RedisFailure, toRedisFailure } from "./failure.js";
import type { RedisClient } from "./options.js";

// Milliseconds by which a timer may fire before the clock says so.
const TIMER_SLACK = 2;

/** Sends commands over a client of the caller. The caller sets the client up and closes it. */
export class GivenConnection implements RedisConnection {
  constructor(private readonly client: RedisClient) {}

  async run<T>(send: Send<T>, { signal, details }: DriverCall): Promise<T> {
    return abortable(this.#timed(send), signal, details);
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }

  // ioredis has the same plain error for a command that took too long and for a closed connection.
  async #timed<T>(send: Send<T>): Promise<T> {
    const begun = performance.now();
    try {
      return await send(commandsOf(this.client));
    } catch (error) {
      const failure = toRedisFailure(error);
      const tookTooLong = performance.now() - begun >= this.#commandTimeout() - TIMER_SLACK;
      throw failure.code === "CONNECTION_CLOSED" && tookTooLong ? new RedisFailure("COMMAND_TIMEOUT") : failure;
    }
  }

  #commandTimeout(): number {
    const { options } = this.client as { options?: ClientOptions };
    return options?.redisOptions?.commandTimeout ?? options?.commandTimeout ?? Infinity;
  }
}

// Options of a client for a single server, or of the servers of a cluster.
interface ClientOptions {
  commandTimeout?: number;
  redisOptions?: { commandTimeout?: number };
}
