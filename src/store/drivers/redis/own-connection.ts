import type { DriverCall } from "../driver-store.js";
import type { Redis } from "ioredis";
import { abortable, throwIfAborted } from "../../../async/abort.js";
import { systemClock, type Clock } from "../../../async/clock.js";
import { StorageError } from "../../../errors/error.js";
import type { RedisConnection, Send } from "./connection.js";
import { RedisFailure, toRedisFailure } from "./failure.js";
import type { ParsedRedisOptions } from "./options.js";
import { Session } from "./session.js";

// Nothing is tried again behind the caller's back: a call fails with its connection, and the next one opens another. So no
// queue grows while Redis is down, no timer keeps the process alive, and no command is sent twice.
const CLIENT_OPTIONS = {
  lazyConnect: true,
  retryStrategy: () => null,
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  enableReadyCheck: false, // whoever is still loading says so to each command
  disableClientInfo: true,
};

/** Commands over a connection of the store's own, opened when it is needed. */
export class OwnConnection implements RedisConnection {
  readonly #url: string;
  readonly #connectTimeout: number;
  readonly #commandTimeout: number;
  readonly #clock: Clock;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  readonly #clients = new Set<Redis>();

  constructor(url: string, limits: Pick<ParsedRedisOptions, "connectTimeout" | "commandTimeout" | "clock">) {
    this.#url = url;
    this.#connectTimeout = limits.connectTimeout ?? 5_000;
    this.#commandTimeout = limits.commandTimeout ?? 30_000;
    this.#clock = limits.clock ?? systemClock;
  }

  async run<T>(send: Send<T>, call: DriverCall): Promise<T> {
    const session = await abortable(this.#open(), call.signal, call.details);
    throwIfAborted(call.signal, call.details);
    return session.run(send, call);
  }

  /** Calls that are under way fail, a connection that is being made is given up. A later call opens another one. */
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

  /** Once for all who wait for it. A failure is not remembered. */
  async #open(): Promise<Session> {
    if (this.#session?.isOpen === true) return this.#session;
    this.#opening ??= this.#dial().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #dial(): Promise<Session> {
    const RedisClass = await loadRedis();
    const client = new RedisClass(this.#url, { ...CLIENT_OPTIONS, connectTimeout: this.#connectTimeout });
    this.#clients.add(client);
    client.once("end", () => this.#clients.delete(client));
    // Also after the greeting, or an error that no command is waiting for would be printed. The first says why.
    const greeting: { refusal?: RedisFailure; isLate?: boolean } = {};
    client.on("error", (error: unknown) => (greeting.refusal ??= greetingFailure(error)));
    // ioredis limits the time of the connection only, not that of what it says first.
    const timer = this.#clock.setTimeout(() => {
      greeting.isLate = true;
      cut(client);
    }, this.#connectTimeout);
    try {
      await client.connect();
      // ioredis 5 does not wait for the answers to its greeting, nor greet without a password. Whoever may not PING, or
      // not yet, has been answered too.
      await client.ping().catch((error: unknown) => {
        const failure = greetingFailure(error);
        if (!failure.isReply || failure.code === "NOAUTH") throw failure;
      });
      // A database that does not exist is no reason for ioredis not to go on, in another one.
      if (greeting.refusal !== undefined) throw greeting.refusal;
      return (this.#session = new Session(client, this.#clock, this.#commandTimeout, () => cut(client)));
    } catch (error) {
      cut(client);
      throw greeting.isLate ? new RedisFailure("CONNECT_TIMEOUT") : (greeting.refusal ?? toRedisFailure(error));
    } finally {
      this.#clock.clearTimeout(timer);
    }
  }
}

function greetingFailure(error: unknown): RedisFailure {
  const failure = toRedisFailure(error);
  if (failure.isReply && failure.code === "ERR" && isSelect(error)) return new RedisFailure("DATABASE_REFUSED");
  return failure.isReply && failure.code === "ERR" ? new RedisFailure("GREETING_REFUSED") : failure;
}

// ioredis hangs the command on the error.
function isSelect(error: unknown): boolean {
  return (error as { command?: { name?: unknown } } | null)?.command?.name === "select";
}

/** Closes a connection without a goodbye, which a server that hangs would not hear. */
function cut(client: Redis): void {
  if (client.status === "end") return; // or it would begin to wait for that
  client.disconnect();
  (client.stream as Redis["stream"] | undefined)?.destroy();
}

/**
 * The class of ioredis, an optional peer: loaded when the first connection is made.
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
