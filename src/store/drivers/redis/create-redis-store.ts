import type { RedisSettings } from "../settings.js";
import { loadRedis } from "./own-connection.js";
import { RedisStore } from "./redis-store.js";

/**
 * A {@link RedisStore} with a connection of its own, as the environment describes it.
 *
 * @throws {StorageError} `MISSING_DEPENDENCY` for `ioredis`
 */
export async function createRedisStore({ url, prefix, ttl }: RedisSettings): Promise<RedisStore> {
  await loadRedis();
  return new RedisStore({ url, prefix, ttl });
}
