import type { DriverCall } from "../driver-store.js";
import type { Redis } from "ioredis";
import { abortable, throwIfAborted } from "../../../async/abort.js";
import { StorageError } from "../../../errors/error.js";
import type { RedisConnection, Send } from "./connection.js";
import { RedisFailure, toRedisFailure } from "./failure.js";
import type { ParsedRedisOptions } from "./options.js";
import { Session } from "./session.js";

// The client retries nothing by itself. A call fails with its connection, and the next call opens another. So no
// queue grows while Redis is down, no timer keeps the process alive, and no command is sent twice.
const CLIENT_OPTIONS = {
  lazyConnect: true,
  retryStrategy: () => null,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  enableReadyCheck: false, // a server that is still loading says so to each command
  disableClientInfo: true,
};

/** Sends commands over the store's own connection, and opens it on demand. */
export class OwnConnection implements RedisConnection {
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  readonly #clients = new Set<Redis>();

  constructor(private readonly options: ParsedRedisOptions) {}

  async run<T>(send: Send<T>, call: DriverCall): Promise<T> {
    const session = await abortable(this.#open(), call.signal, call.details);
    throwIfAborted(call.signal, call.details);
    return session.run(send, call);
  }

  /**
   * Closes the connection, or gives up one that is being made. Calls in flight fail. A later call opens another
   * connection.
   */
  async close(): Promise<void> {
    this.#session?.end(new RedisFailure("CONNECTION_CLOSED"));
    await Promise.all(
      [...this.#clients].map((client) => {
        const ended = new Promise((resolve) => client.once("end", resolve));
        cut(client);
        return ended;
      }),
    );
  }

  /** Opens the connection once for all calls that wait for it. Does not remember a failure. */
  async #open(): Promise<Session> {
    if (this.#session?.isOpen === true) return this.#session;
    this.#opening ??= this.#dial().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #dial(): Promise<Session> {
    const { url, connectTimeout = 5_000, commandTimeout = 30_000, clock } = this.options;
    const RedisClass = await loadRedis();
    const client = new RedisClass(url!, { ...CLIENT_OPTIONS, connectTimeout });
    this.#clients.add(client);
    client.once("end", () => this.#clients.delete(client));
    // Listens also after the greeting. Otherwise ioredis would print an error that no command waits for. The first
    // error holds the reason.
    const greeting: { refusal?: RedisFailure; isLate?: boolean } = {};
    client.on("error", (error: unknown) => (greeting.refusal ??= greetingFailure(error)));
    // ioredis limits only the time of the connection, not the time of the greeting.
    const timer = clock.setTimeout(() => {
      greeting.isLate = true;
      cut(client);
    }, connectTimeout);
    try {
      await client.connect();
      // ioredis 5 does not wait for the answers to its greeting, and sends no greeting without a password. An error
      // reply to PING also shows that the server answers: the user may not be allowed to PING, or not yet.
      await client.ping().catch((error: unknown) => {
        const failure = greetingFailure(error);
        if (!failure.isReply || failure.code === "NOAUTH") throw failure;
      });
      // If the database does not exist, ioredis goes on in another one.
      if (greeting.refusal !== undefined) throw greeting.refusal;
      return (this.#session = new Session(client, clock, commandTimeout, () => cut(client)));
    } catch (error) {
      cut(client);
      throw greeting.isLate ? new RedisFailure("CONNECT_TIMEOUT") : (greeting.refusal ?? toRedisFailure(error));
    } finally {
      clock.clearTimeout(timer);
    }
  }
}

function greetingFailure(error: unknown): RedisFailure {
  const failure = toRedisFailure(error);
  if (failure.isReply && failure.code === "ERR" && isSelect(error)) return new RedisFailure("DATABASE_REFUSED");
  return failure.isReply && failure.code === "ERR" ? new RedisFailure("GREETING_REFUSED") : failure;
}

// ioredis attaches the command to the error.
function isSelect(error: unknown): boolean {
  return (error as { command?: { name?: unknown } } | null)?.command?.name === "select";
}

/** Closes a connection without a QUIT, which a server that hangs would not answer. */
function cut(client: Redis): void {
  if (client.status === "end") return; // otherwise the client would start to wait for the end
  client.disconnect();
  (client.stream as Redis["stream"] | undefined)?.destroy();
}

/**
 * Loads the class of ioredis, an optional peer, when the first connection is made.
 *
 * @throws {StorageError} `MISSING_DEPENDENCY`
 */
export async function loadRedis(): Promise<typeof Redis> {
  try {
    return (await import("ioredis")).Redis;
  } catch (cause) {
    const message = "RedisStore needs the package ioredis to open a connection: npm install ioredis.";
    throw new StorageError("MISSING_DEPENDENCY", message, { store: "redis", cause });
  }
}
