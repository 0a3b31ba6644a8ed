import { inspect } from "node:util";
import { RedisFailure, RedisStore } from "../../../../src/redis.js";
import type { StorageErrorCode } from "../../../../src/errors/error.js";
import { failureOf } from "../../../support/failure.js";
import { givenClient } from "./given-client.js";

function storeFailingWith(error: unknown, options?: object): RedisStore {
  // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever a client may reject with
  return new RedisStore({ client: givenClient(() => Promise.reject(error), options) });
}

/** As ioredis makes them: with the command and its arguments. */
function replyError(message: string): Error {
  return Object.assign(new Error(message), { name: "ReplyError", command: { name: "eval", args: ["PAYLOAD"] } });
}

function named(name: string, fields: object = {}): Error {
  return Object.assign(new Error(`about the PAYLOAD`), { name, ...fields });
}

const REPLIES: [message: string, code: StorageErrorCode, failure: string][] = [
  ["OOM command not allowed when used memory > 'maxmemory'.", "INSUFFICIENT_STORAGE", "OOM"],
  ["NOAUTH Authentication required.", "PERMISSION_DENIED", "NOAUTH"],
  ["WRONGPASS invalid username-password pair or user is disabled.", "PERMISSION_DENIED", "WRONGPASS"],
  ["NOPERM this user has no permissions to run the 'eval' command", "PERMISSION_DENIED", "NOPERM"],
  ["DENIED Redis is running in protected mode", "PERMISSION_DENIED", "DENIED"],
  ["LOADING Redis is loading the dataset in memory", "UNAVAILABLE", "LOADING"],
  ["BUSY Redis is busy running a script.", "UNAVAILABLE", "BUSY"],
  ["CLUSTERDOWN The cluster is down", "UNAVAILABLE", "CLUSTERDOWN"],
  ["MASTERDOWN Link with MASTER is down", "UNAVAILABLE", "MASTERDOWN"],
  ["TRYAGAIN Multiple keys request during rehashing of slot", "UNAVAILABLE", "TRYAGAIN"],
  ["READONLY You can't write against a read only replica.", "UNAVAILABLE", "READONLY"],
  ["MISCONF Redis is configured to save RDB snapshots", "UNAVAILABLE", "MISCONF"],
  ["NOREPLICAS Not enough good replicas to write.", "UNAVAILABLE", "NOREPLICAS"],
  ["WRONGTYPE Operation against a key holding the wrong kind of value", "DECODE_FAILED", "WRONGTYPE"],
  ["MOVED 3999 127.0.0.1:6381", "CONFIG_INVALID", "MOVED"],
  ["ERR unknown command 'eval', with args beginning with: 'PAYLOAD'", "UNEXPECTED", "ERR"],
  ["PAYLOAD", "UNEXPECTED", "PAYLOAD"],
  ["about the PAYLOAD", "UNEXPECTED", "ERR"],
  // A word of the text is not a code.
  ["ERR OOM LOADING NOAUTH", "UNEXPECTED", "ERR"],
];

const CLIENT_ERRORS: [error: unknown, code: StorageErrorCode, failure: string][] = [
  [named("Error", { code: "ECONNREFUSED" }), "UNAVAILABLE", "ECONNREFUSED"],
  [named("Error", { code: "ECONNRESET" }), "UNAVAILABLE", "ECONNRESET"],
  [named("Error", { code: "EPIPE" }), "UNAVAILABLE", "EPIPE"],
  [named("Error", { code: "ENOTFOUND" }), "UNAVAILABLE", "ENOTFOUND"],
  [named("Error", { code: "EAI_AGAIN" }), "UNAVAILABLE", "EAI_AGAIN"],
  [named("Error", { code: "ETIMEDOUT" }), "TIMEOUT", "ETIMEDOUT"],
  [named("Error", { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }), "UNEXPECTED", "DEPTH_ZERO_SELF_SIGNED_CERT"],
  [named("Error"), "UNAVAILABLE", "CONNECTION_CLOSED"],
  [named("AbortError"), "UNAVAILABLE", "CONNECTION_CLOSED"],
  [named("MaxRetriesPerRequestError"), "UNAVAILABLE", "CONNECTION_CLOSED"],
  [named("ClusterAllFailedError"), "UNAVAILABLE", "CONNECTION_CLOSED"],
  [named("ClusterAllFailedError", { lastNodeError: replyError("NOAUTH x") }), "PERMISSION_DENIED", "NOAUTH"],
  [new TypeError("about the PAYLOAD"), "UNEXPECTED", "TypeError"],
  ["PAYLOAD", "UNEXPECTED", "UNKNOWN"],
  [undefined, "UNEXPECTED", "UNKNOWN"],
];

const RETRYABLE = ["UNAVAILABLE", "TIMEOUT"];

describe("an error of Redis", () => {
  it.each(REPLIES)("is told by its first word: %s", async (message, code, failure) => {
    const store = storeFailingWith(replyError(message));
    const error = await failureOf(store.write("a", "PAYLOAD"));
    expect(error).toMatchObject({
      code,
      retryable: RETRYABLE.includes(code),
      operation: "write",
      store: "redis",
      path: "a",
    });
    expect(error.cause).toBeInstanceOf(RedisFailure);
    expect(error.cause).toMatchObject({ code: failure, isReply: true, name: "RedisFailure" });
  });

  it("carries nothing of what was sent", async () => {
    const store = storeFailingWith(replyError("ERR unknown command 'eval', with args beginning with: 'PAYLOAD'"));
    const error = await failureOf(store.write("a", "x"));
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("PAYLOAD");
  });
});

describe("an error of the client", () => {
  it.each(CLIENT_ERRORS)("is told by its code or class: %s", async (thrown, code, failure) => {
    const error = await failureOf(storeFailingWith(thrown).read("a"));
    expect(error).toMatchObject({ code, retryable: RETRYABLE.includes(code), operation: "read", path: "a" });
    expect(error.cause).toMatchObject({ code: failure });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("PAYLOAD");
  });

  it.each([{ commandTimeout: 20 }, { redisOptions: { commandTimeout: 20 } }])(
    "is a timeout when the client's own time was up: %j",
    async (options) => {
      const late = (): Promise<never> =>
        new Promise((_resolve, reject) => setTimeout(() => reject(new Error("Command timed out")), 25));
      expect(await failureOf(new RedisStore({ client: givenClient(late, options) }).stat("a"))).toMatchObject({
        code: "TIMEOUT",
        retryable: true,
        cause: { code: "COMMAND_TIMEOUT" },
      });
    },
  );
});

describe("a call with a client that never answers", () => {
  const store = new RedisStore({ client: givenClient(() => new Promise(() => undefined)) });
  const list = async (signal: AbortSignal): Promise<void> => {
    for await (const info of store.list("", { signal })) expect(info).toBeUndefined();
  };

  it.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
    ["write", (signal) => store.write("a", "x", { signal })],
    ["read", (signal) => store.read("a", { signal })],
    ["stat", (signal) => store.stat("a", { signal })],
    ["delete", (signal) => store.delete("a", { signal })],
    ["copy", (signal) => store.copy("a", "b", { signal })],
    ["list", list],
  ])("is given up at the caller's word: %s", async (operation, start) => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const outcome = failureOf(start(controller.signal));
    setImmediate(() => controller.abort(reason));
    const error = await outcome;
    expect(error).toMatchObject({ code: "ABORTED", operation });
    expect(error.cause).toBe(reason);
  });
});

describe("an answer that no RedisStore wrote", () => {
  it.each<[string, Buffer]>([
    ["nothing", Buffer.alloc(0)],
    ["too short", Buffer.from("cc01")],
    ["another magic", Buffer.from(`cc02${"e".repeat(22)}${"1".repeat(14)}00000000`)],
    ["a time that is no number", Buffer.from(`cc01${"e".repeat(22)}${"x".repeat(14)}00000000`)],
    ["attributes longer than the value", Buffer.from(`cc01${"e".repeat(22)}${"1".repeat(14)}000000ff{}`)],
    ["attributes that are no object", Buffer.from(`cc01${"e".repeat(22)}${"1".repeat(14)}00000004nullbody`)],
    ["attributes that are no JSON", Buffer.from(`cc01${"e".repeat(22)}${"1".repeat(14)}00000002{{body`)],
  ])("is DECODE_FAILED: %s", async (_name, value) => {
    const store = new RedisStore({ client: givenClient(() => Promise.resolve(value)) });
    expect(await failureOf(store.read("a"))).toMatchObject({ code: "DECODE_FAILED", retryable: false, path: "a" });
  });
});
