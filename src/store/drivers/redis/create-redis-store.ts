import type { RedisSettings } from "../settings.js";
import { loadRedis } from "./own-connection.js";
import { RedisStore } from "./redis-store.js";

/**
 * Makes a {@link RedisStore} with its own connection, from the settings of the environment.
 *
 * @throws {StorageError} `MISSING_DEPENDENCY` for `ioredis`
 */
export async function createRedisStore({ url, prefix, ttl }: RedisSettings): Promise<RedisStore> {
  await loadRedis();
  return new RedisStore({ url, prefix, ttl });
}
