import type { RedisClient } from "../../../../src/redis.js";

/** Answers a command: `GET` and its key, or `EVAL`, the script, and what follows it. */
export type Answer = (command: "GET" | "EVAL", args: (string | number | Buffer)[]) => Promise<unknown>;

/** What RedisStore takes for a client of ioredis. */
export function givenClient(answer: Answer, options: object = {}): RedisClient {
  const client = {
    options,
    getBuffer: (key: string) => answer("GET", [key]) as Promise<Buffer | null>,
    eval: () => Promise.reject(new Error("It reads text, which bytes do not survive.")),
    evalBuffer: (...args: (string | number | Buffer)[]) => answer("EVAL", args),
  };
  return client;
}
