import process from "node:process";
import { S3Client } from "@aws-sdk/client-s3";
import { RoutingStore } from "../../../../src/store/compose/routing/routing-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import { createClient } from "../../../../src/store/drivers/s3/client/client.js";
import { s3Scheme } from "../../../../src/s3.js";
import { createBucket, s3ClientConfig, startS3Server, type S3Server } from "../../../fixtures/s3-server.js";
import { failureOf, thrownBy } from "../../../support/failure.js";
import { pathsOf, textOf } from "../file/file-roots.js";

jest.mock("../../../../src/store/drivers/s3/client/client.js", () => {
  const actual = jest.requireActual<object & { createClient: unknown }>(
    "../../../../src/store/drivers/s3/client/client.js",
  );
  return { ...actual, createClient: jest.fn(actual.createClient as typeof createClient) };
});

const makings = jest.mocked(createClient);
const clientMade = (index: number) => makings.mock.results[index]!.value as S3Client;
const primary = new MemoryStore();
let server: S3Server;
let client: S3Client;
let one: string;
let other: string;

beforeAll(async () => {
  server = await startS3Server();
  client = new S3Client(s3ClientConfig(server.endpoint));
  one = await createBucket(client);
  other = await createBucket(client);
});

beforeEach(() => makings.mockClear());

afterAll(async () => {
  client.destroy();
  await server.stop();
});

async function expectBucketsKeptApart(store: RoutingStore): Promise<void> {
  await store.write(`s3://${one}/a b`, "one");
  await store.write(`s3://${other}/a b`, "other");
  expect(await textOf(store, `s3://${one}/a%20b`)).toBe("one");
  expect(await textOf(store, `s3://${other}/a%20b`)).toBe("other");
  expect(await pathsOf(store, `s3://${other}/a`)).toEqual([`s3://${other}/a%20b`]);
}

describe("s3Scheme", () => {
  it("serves any bucket through one client, which goes with the last store on it", async () => {
    const s3 = s3Scheme({ clientConfig: s3ClientConfig(server.endpoint) });
    const poolKey = ({ scheme }: { scheme: string }) => scheme; // can't make one store of two buckets
    const store = new RoutingStore({ primary, schemes: { s3 }, poolKey });
    await expectBucketsKeptApart(store);
    expect(makings).toHaveBeenCalledTimes(1);
    const destroy = jest.spyOn(clientMade(0), "destroy");
    const second = new RoutingStore({ primary, schemes: { s3 } });
    await expectBucketsKeptApart(second);
    await store.close();
    await store.close();
    expect(destroy).not.toHaveBeenCalled();
    expect(await textOf(second, `s3://${one}/a b`)).toBe("one");
    await second.close();
    expect(destroy).toHaveBeenCalledTimes(1);
    const third = new RoutingStore({ primary, schemes: { s3 } });
    await expectBucketsKeptApart(third);
    await third.close();
    expect(makings).toHaveBeenCalledTimes(2);
  });

  it("leaves a client of the caller alone, and takes the options of a store", async () => {
    const destroy = jest.spyOn(client, "destroy");
    const store = new RoutingStore({ primary, schemes: { s3: s3Scheme({ client, prefix: "below" }) } });
    await expectBucketsKeptApart(store);
    await store.close();
    expect(destroy).not.toHaveBeenCalled();
    const whole = new RoutingStore({ primary, schemes: { s3: s3Scheme({ client }) } });
    expect(await textOf(whole, `s3://${one}/below/a b`)).toBe("one");
    expect(makings).not.toHaveBeenCalled();
  });

  it.each(["a", "a:b", "a@host", "user@bucket", "-ab", "ab-", "a~b", "", "x".repeat(256)])(
    "refuses the bucket %j, before any client is made",
    async (bucket) => {
      const store = new RoutingStore({ primary, schemes: { s3: s3Scheme() } });
      const path = `s3://${bucket}/a`;
      expect(await failureOf(store.read(path))).toMatchObject({ code: "INVALID_PATH", operation: "read", path });
      expect(makings).not.toHaveBeenCalled();
    },
  );

  it("refuses wrong options when they are given, and makes no client for them", () => {
    const options = { clientConfig: s3ClientConfig(server.endpoint), partSize: 1 };
    expect(thrownBy(() => s3Scheme(options))).toMatchObject({ code: "CONFIG_INVALID" });
    expect(thrownBy(() => s3Scheme({ clientConfig: { endpoint: "127.0.0.1:9000" } }))).toMatchObject({
      code: "CONFIG_INVALID",
    });
    expect(makings).not.toHaveBeenCalled();
  });
});

describe("The scheme s3 without configuration", () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });

  it("takes credentials, region and endpoint of the environment", async () => {
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_S3: server.endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "testsecret",
      AWS_REGION: "eu-central-1",
    });
    await using store = new RoutingStore({ primary });
    await expectBucketsKeptApart(store);
    expect(makings).toHaveBeenCalledTimes(1);
    expect(await clientMade(0).config.region()).toBe("eu-central-1");
  });

  it("takes a region of its own where the environment names none", async () => {
    delete process.env["AWS_REGION"];
    delete process.env["AWS_DEFAULT_REGION"];
    Object.assign(process.env, {
      AWS_CONFIG_FILE: "/nonexistent",
      AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
      AWS_ENDPOINT_URL_S3: server.endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "testsecret",
    });
    await using store = new RoutingStore({ primary });
    await expectBucketsKeptApart(store);
    expect(await clientMade(0).config.region()).toBe("us-east-1");
  });
});
