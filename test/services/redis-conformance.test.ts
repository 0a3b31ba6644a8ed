import { Redis } from "ioredis";
import { RedisStore } from "../../src/redis.js";
import { storeConformance } from "../../src/testing/index.js";
import { expectStoreMatchesModel } from "../store/store-model.js";
import { newPrefix, redisUrl } from "./redis.js";

const DATABASE = 1;
let client: Redis;
let special: Redis;

beforeAll(() => {
  client = new Redis(redisUrl(DATABASE));
});

afterAll(async () => {
  await client.flushdb();
  await client.quit();
});

storeConformance(
  { describe, it },
  {
    name: "RedisStore",
    create: () => new RedisStore({ url: redisUrl(DATABASE), prefix: newPrefix() }),
    manyObjects: 2_100,
  },
);

storeConformance(
  { describe, it },
  {
    name: "RedisStore with a client of the caller, an odd prefix and a sliding ttl",
    create: () => new RedisStore({ client, prefix: `{*?[a]\\%}é ${newPrefix()}`, ttl: 60_000, slidingTtl: true }),
  },
);

// What a client may be told differently, as the application needs it.
storeConformance(
  { describe, it },
  {
    name: "RedisStore with a client that pipelines, prefixes its keys, and reads numbers as text",
    create: () => {
      special = new Redis(redisUrl(DATABASE), {
        keyPrefix: `[k*]${newPrefix()}{`,
        enableAutoPipelining: true,
        stringNumbers: true,
        protocol: 2,
      });
      return new RedisStore({ client: special });
    },
    destroy: async (store) => {
      await store.close();
      await special.quit();
    },
  },
);

it("does what a Map would do", async () => {
  await expectStoreMatchesModel(() => new RedisStore({ client, prefix: newPrefix() }));
});
