import { DRIVER_ENTRIES } from "./store/drivers/driver-entries.js";
import { createRedisStore } from "./store/drivers/redis/redis-store.js";

DRIVER_ENTRIES.redis.provide({ create: createRedisStore });

export { RedisFailure } from "./store/drivers/redis/failure.js";
export type { RedisClient, RedisStoreOptions } from "./store/drivers/redis/options.js";
export { RedisStore } from "./store/drivers/redis/redis-store.js";
