import { isObject } from "../../../json/is-object.js";

/**
 * The failure that Redis or the connection to it reported. It is the `cause` of the errors of a RedisStore. It
 * replaces the client's own error, which carries the arguments of the command, and so the object. The message of that
 * error may quote them too.
 */
export class RedisFailure extends Error {
  /**
   * Code of the failure, one of:
   * - the first word of Redis' error reply, such as `OOM` or `NOAUTH`; `ERR` for a reply without its own code
   * - the error code of the connection, such as `ECONNREFUSED`
   * - `CONNECTION_CLOSED`, `CONNECT_TIMEOUT` or `COMMAND_TIMEOUT`
   * - otherwise the name of the client's error
   */
  readonly code: string;
  /** Whether the failure is an error reply of Redis. */
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

// The errors of ioredis for a command that it gives up together with its connection. The error of a command timeout
// has the plain name too: see given-connection.ts.
const GIVEN_UP = new Set(["Error", "AbortError", "MaxRetriesPerRequestError", "ClusterAllFailedError"]);

/** Turns the error of a client into a failure. Judges it by its class and codes, never by its text. */
export function toRedisFailure(error: unknown): RedisFailure {
  if (error instanceof RedisFailure) return error;
  const { name, message, code, lastNodeError } = (isObject(error) ? error : {}) as Partial<Record<string, unknown>>;
  if (name === "ReplyError") return new RedisFailure(replyCode(message), true);
  if (typeof code === "string" && code !== "") return new RedisFailure(code);
  if (isObject(lastNodeError)) return toRedisFailure(lastNodeError);
  if (typeof name !== "string") return new RedisFailure("UNKNOWN");
  return new RedisFailure(GIVEN_UP.has(name) ? "CONNECTION_CLOSED" : name);
}

// The first word of an error reply, in upper case, is its code (Redis serialization protocol specification, "Simple
// errors").
function replyCode(message: unknown): string {
  return /^([A-Z][A-Z0-9]*)(?:\s|$)/.exec(String(message))?.[1] ?? "ERR";
}
