import type { Redis } from "ioredis";
import { StorageError } from "../../../errors/error.js";

/**
 * The class of ioredis, an optional peer: loaded when the first connection is made.
 *
 * @throws {StorageError} `MISSING_DEPENDENCY`
 */
export async function loadRedis(): Promise<typeof Redis> {
  try {
    return (await import("ioredis")).Redis;
  } catch (cause) {
    throw new StorageError(
      "MISSING_DEPENDENCY",
      "RedisStore needs the package ioredis to open a connection: npm install ioredis.",
      { store: "redis", cause },
    );
  }
}
