// Uses a store and does not close it: run by redis-process.test.ts, which sees whether the process ends all the same.
import { RedisStore } from "../../src/redis.js";

const store = new RedisStore({ url: process.argv[2]!, prefix: process.argv[3] });
await store.write("a", "1");
const [first, second] = await Promise.all([store.read("a"), store.stat("a")]);
const bytes = await first.bytes();
process.stdout.write(`${bytes.byteLength} ${second?.size}`);
