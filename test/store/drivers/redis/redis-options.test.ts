import { inspect } from "node:util";
import { RedisStore, type RedisStoreOptions } from "../../../../src/redis.js";
import { StorageError } from "../../../../src/errors/error.js";
import { givenClient } from "./given-client.js";

const MIB = 1024 ** 2;
const url = "redis://127.0.0.1:1";
const client = givenClient(() => Promise.resolve(null));

function problemOf(options: unknown): string {
  try {
    new RedisStore(options as RedisStoreOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ code: "CONFIG_INVALID", retryable: false });
    return (error as StorageError).message;
  }
  throw new Error("The options were taken.");
}

describe("the options of RedisStore", () => {
  it.each<[field: string, options: unknown]>([
    ["client: one of client and url is needed", {}],
    ["client", { client: {} }],
    ["client", { client: null }],
    ["client", { client: { getBuffer: () => undefined } }],
    ["url: can't be combined with client", { client, url }],
    ["url", { url: "" }],
    ["url", { url: "127.0.0.1:6379" }],
    ["url", { url: "http://127.0.0.1:6379" }],
    ["url", { url: "redis://" }],
    ["url", { url: 6379 }],
    ["url: must end in the number of a database", { url: `${url}/payloads` }],
    ["url: must end in the number of a database", { url: `${url}/-1` }],
    ["url: must end in the number of a database", { url: `${url}/1.5` }],
    ["url: must end in the number of a database", { url: `${url}/0x1` }],
    ["url: must end in the number of a database", { url: `${url}/1/2` }],
    ["url: must end in the number of a database", { url: `${url}/9999999999` }],
    ["url: must name one database", { url: `${url}?db=payloads` }],
    ["url: must name one database", { url: `${url}/1?db=2` }],
    ["url: must name one database", { url: `${url}?db=-1` }],
    ["url: must have no query other than", { url: `${url}?db=1&db=2` }],
    ["url: must have no query other than", { url: `${url}?maxRetriesPerRequest=9` }],
    ["url: must have 4 or 6", { url: `${url}?family=5` }],
    ["url: must have no #", { url: `${url}#0` }],
    ["url: must have a name and password in percent-encoding", { url: "redis://u:100%@h" }],
    ["url: must have a name and password in percent-encoding", { url: "redis://%ff:p@h" }],
    ["url", { url: "redis://h:0" }],
    ["url", { url: "redis://h:66666" }],
    ["prefix", { url, prefix: "" }],
    ["prefix", { url, prefix: "\ud800" }],
    ["prefix", { url, prefix: "ü".repeat(257) }],
    ["ttl", { url, ttl: 0 }],
    ["ttl", { url, ttl: 1.5 }],
    ["ttl", { url, ttl: Infinity }],
    ["ttl", { url, ttl: 2 ** 53 - 1 }],
    ["slidingTtl: needs ttl", { url, slidingTtl: true }],
    ["slidingTtl", { url, ttl: 1, slidingTtl: "yes" }],
    ["maxObjectSize", { url, maxObjectSize: 0 }],
    ["maxObjectSize", { url, maxObjectSize: 512 * MIB }],
    ["connectTimeout", { url, connectTimeout: 0 }],
    ["connectTimeout: can't be combined with client", { client, connectTimeout: 1 }],
    ["commandTimeout", { url, commandTimeout: 2 ** 31 }],
    ["commandTimeout: can't be combined with client", { client, commandTimeout: 1 }],
    ["clock", { url, clock: Date }],
    ["options", undefined],
    ["options", url],
    ["tll", { url, tll: 1 }],
  ])("refuse a wrong %s", (problem, options) => {
    expect(problemOf(options)).toContain(problem);
  });

  it("name every wrong field at once, and repeat no value", () => {
    const message = problemOf({
      url: "amqp://user:SECRET@host",
      prefix: "",
      ttl: -1,
      slidingTtl: 1,
      maxObjectSize: "SECRET",
    });
    for (const field of ["url", "prefix", "ttl", "slidingTtl", "maxObjectSize"])
      expect(message).toContain(`${field}: `);
    expect(message).not.toContain("SECRET");
  });

  it("may be left out", () => {
    expect(() => new RedisStore({ url, client: undefined, prefix: undefined, ttl: undefined })).not.toThrow();
    expect(() => new RedisStore({ client, slidingTtl: false })).not.toThrow();
    expect(() => new RedisStore({ url: "rediss://user:password@[::1]:6380/3" })).not.toThrow();
    for (const rest of ["/", "/0", "/?family=4", "?db=15&family=0"]) {
      expect(() => new RedisStore({ url: `redis://u:100%25@h${rest}` })).not.toThrow();
    }
  });
});

describe("RedisStore", () => {
  it("can do everything but presign, and says so for good", () => {
    const { capability } = new RedisStore({ url });
    expect(capability).toEqual({
      read: true,
      write: true,
      stat: true,
      delete: true,
      list: true,
      copy: true,
      presign: false,
      rangeRead: true,
      ifNoneMatch: true,
      ifMatch: true,
      deleteIfMatch: true,
      metadata: true,
      contentType: true,
      maxObjectSize: 64 * MIB,
    });
    expect(Object.isFrozen(capability)).toBe(true);
    expect(new RedisStore({ url, maxObjectSize: 10 }).capability.maxObjectSize).toBe(10);
  });

  it("shows no password", () => {
    const store = new RedisStore({ url: "redis://user:SECRET@127.0.0.1:1" });
    expect(inspect(store, { depth: 10, showHidden: true })).not.toContain("SECRET");
    expect(JSON.stringify(store)).not.toContain("SECRET");
  });
});
