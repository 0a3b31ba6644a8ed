import { S3Store, type S3Conditions } from "../../../../src/s3.js";
import { s3ClientConfig } from "../../../fixtures/s3-server.js";
import { RarelyWeakServer } from "./rarely-weak-server.js";

const ALL: S3Conditions = { ifNoneMatch: true, ifMatch: true, deleteIfMatch: true };

let server: RarelyWeakServer;

afterEach(() => server.stop());

async function conditionsOf(weakness?: keyof S3Conditions): Promise<S3Conditions> {
  server = await RarelyWeakServer.start(weakness, 20);
  await using store = new S3Store({ bucket: "bucket", clientConfig: s3ClientConfig(server.endpoint) });
  const conditions = await store.probe();
  expect(server.paths).toEqual([]);
  return conditions;
}

// A server that looks first and writes then, and is busy, seldom takes up two requests of an object together.
it.each(["ifNoneMatch", "ifMatch", "deleteIfMatch"] as const)(
  "sees that %s fails at one object of 20",
  async (weakness) => {
    expect(await conditionsOf(weakness)).toEqual({ ...ALL, [weakness]: false });
  },
);

it("believes a server that holds in all races, after some 1,300 requests", async () => {
  expect(await conditionsOf()).toEqual(ALL);
  expect(server.requests).toBeGreaterThan(1200);
  expect(server.requests).toBeLessThan(1400);
});
