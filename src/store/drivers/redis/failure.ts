import { isObject } from "../../../json/is-object.js";

/**
 * What Redis, or the connection to it, said: the `cause` of the errors of a RedisStore. It stands in for the client's own
 * error, which carries the arguments of the command, the object among them, and whose message may quote them.
 */
export class RedisFailure extends Error {
  /**
   * The first word of Redis' error reply (`OOM`, `NOAUTH`, ..., `ERR` for what has no code of its own), the error code of
   * the connection (`ECONNREFUSED`, ...), `CONNECTION_CLOSED`, `CONNECT_TIMEOUT` or `COMMAND_TIMEOUT`; else the name of the
   * client's error.
   */
  readonly code: string;
  /** Whether it was Redis that answered so. */
  readonly isReply: boolean;

  constructor(code: string, isReply = false) {
    super(isReply ? `Redis answered ${code}` : `The connection to Redis failed: ${code}`);
    this.code = code;
    this.isReply = isReply;
  }

  static {
    Object.defineProperty(this.prototype, "name", { value: "RedisFailure", writable: true, configurable: true });
  }
}

// What ioredis rejects with when it gives a command up together with its connection. A command that came too late has the
// plain name too: see given-connection.ts.
const GIVEN_UP = new Set(["Error", "AbortError", "MaxRetriesPerRequestError", "ClusterAllFailedError"]);

/** The failure in whatever a client rejected with, judged by its class and codes, never by its text. */
export function toRedisFailure(error: unknown): RedisFailure {
  if (error instanceof RedisFailure) return error;
  const { name, message, code, lastNodeError } = (isObject(error) ? error : {}) as Partial<Record<string, unknown>>;
  if (name === "ReplyError") return new RedisFailure(replyCode(message), true);
  if (typeof code === "string" && code !== "") return new RedisFailure(code);
  if (isObject(lastNodeError)) return toRedisFailure(lastNodeError);
  if (typeof name !== "string") return new RedisFailure("UNKNOWN");
  return new RedisFailure(GIVEN_UP.has(name) ? "CONNECTION_CLOSED" : name);
}

// The first word of an error reply, in upper case, is its code (Redis serialization protocol specification, "Simple errors").
function replyCode(message: unknown): string {
  return /^([A-Z][A-Z0-9]*)(?:\s|$)/.exec(String(message))?.[1] ?? "ERR";
}
