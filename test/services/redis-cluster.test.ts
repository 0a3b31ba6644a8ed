import { setTimeout as delay } from "node:timers/promises";
import { Cluster, Redis } from "ioredis";
import { RedisStore } from "../../src/redis.js";
import { storeConformance } from "../../src/testing/index.js";
import { failureOf } from "../support/failure.js";
import { RedisServer } from "./redis-server.js";
import { newPrefix } from "./redis.js";

let servers: RedisServer[];
let cluster: Cluster;

beforeAll(async () => {
  const args = ["--cluster-enabled", "yes", "--cluster-node-timeout", "5000"];
  servers = [await RedisServer.start(...args), await RedisServer.start(...args)];
  const [first, second] = servers.map(({ url }) => new Redis(url));
  await first!.cluster("ADDSLOTSRANGE", 0, 8191);
  await second!.cluster("ADDSLOTSRANGE", 8192, 16383);
  await second!.cluster("SET-CONFIG-EPOCH", 2);
  await first!.cluster("MEET", "127.0.0.1", servers[1]!.port);
  for (const client of [first!, second!]) {
    while (!(await client.cluster("INFO")).includes("cluster_state:ok")) await delay(50);
    client.disconnect();
  }
  cluster = new Cluster([servers[0]!.url], { redisOptions: { commandTimeout: 20_000 } });
});

afterAll(async () => {
  cluster.disconnect();
  for (const server of servers) await server.stop();
});

storeConformance(
  { describe, it },
  { name: "RedisStore on a cluster", create: () => new RedisStore({ client: cluster, prefix: newPrefix() }) },
);

it("keeps each store of a cluster on one server, and the stores on all of them", async () => {
  const stores = Array.from({ length: 20 }, () => new RedisStore({ client: cluster, prefix: newPrefix() }));
  for (const store of stores) {
    await store.write("a", "1");
    await store.copy("a", "b");
    const listed: string[] = [];
    for await (const { path } of store.list("")) listed.push(path);
    expect(listed).toEqual(["a", "b"]);
  }
  const sizes = await Promise.all(cluster.nodes("master").map((node) => node.dbsize()));
  expect(sizes).toHaveLength(2);
  for (const size of sizes) expect(size).toBeGreaterThan(0);
});

it("says that a client for one server does not fit a cluster", async () => {
  const store = new RedisStore({ url: servers[0]!.url, prefix: "b" }); // whose slot is 3,300
  const other = new RedisStore({ url: servers[1]!.url, prefix: "b" });
  await store.write("a", "1");
  expect(await failureOf(other.write("a", "1"))).toMatchObject({ code: "CONFIG_INVALID", cause: { code: "MOVED" } });
  await store.close();
  await other.close();
});

it("says that a cluster has one database only", async () => {
  const store = new RedisStore({ url: `${servers[0]!.url}/1`, prefix: "b" });
  const error = await failureOf(store.write("a", "1"));
  expect(error).toMatchObject({ code: "CONFIG_INVALID", retryable: false });
  expect(error.message).toContain("cluster");
  await store.close();
});
