export { RedisFailure } from "./store/drivers/redis/failure.js";
export type { RedisClient, RedisStoreOptions } from "./store/drivers/redis/options.js";
export { RedisStore } from "./store/drivers/redis/redis-store.js";
