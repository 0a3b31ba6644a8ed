import { RedisStore } from "../../../../src/redis.js";
import { failureOf } from "../../../support/failure.js";
import { givenClient } from "./given-client.js";

jest.mock("ioredis", () => {
  throw Object.assign(new Error("Cannot find module 'ioredis'"), { code: "MODULE_NOT_FOUND" });
});

it("names the package to install when it is missed", async () => {
  const store = new RedisStore({ url: "redis://user:SECRET@127.0.0.1:1" });
  for (const [operation, call] of [
    ["write", store.write("a", "x")],
    ["read", store.read("a")],
  ] as const) {
    const error = await failureOf(call);
    expect(error).toMatchObject({ code: "MISSING_DEPENDENCY", retryable: false, operation, store: "redis", path: "a" });
    expect(error.message).toContain("npm install ioredis");
    expect(error.message).not.toContain("SECRET");
    expect(error.cause).toMatchObject({ code: "MODULE_NOT_FOUND" });
  }
  await store.close();
});

it("is not missed by a store that is given a client", async () => {
  const store = new RedisStore({ client: givenClient(() => Promise.resolve(null)) });
  await expect(store.stat("a")).resolves.toBeUndefined();
});
