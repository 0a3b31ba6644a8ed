import { readFileSync } from "node:fs";
import { S3Client } from "@aws-sdk/client-s3";
import { s3Scheme, S3Store, type S3StoreOptions } from "../../../../src/s3.js";
import { createClient } from "../../../../src/store/drivers/s3/client/client.js";
import { FITTING_VERSIONS } from "../../../../src/store/drivers/s3/options.js";
import { StorageError } from "../../../../src/errors/error.js";
import { thrownBy } from "../../../support/failure.js";

const MIB = 1024 * 1024;

function problemOf(options: unknown): string {
  try {
    new S3Store(options as S3StoreOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ code: "CONFIG_INVALID", retryable: false });
    return (error as StorageError).message;
  }
  throw new Error("The options were taken.");
}

describe("the options of S3Store", () => {
  it.each<[field: string, options: unknown]>([
    ["bucket", {}],
    ["bucket", { bucket: "" }],
    ["bucket", { bucket: 7 }],
    ...["s3://b", "s3://b/x", "b/x", "b/", "/b", "https://b.s3.amazonaws.com", "b?x", "b x", "b\n", "bücket", ".."].map(
      (bucket): [string, unknown] => ["bucket", { bucket }],
    ),
    ["bucket", { bucket: "b".repeat(256) }],
    ...["127.0.0.1:9000", "localhost:9000", "ftp://localhost", "", "http://", null, 9000, { protocol: "ftp:" }].map(
      (endpoint): [string, unknown] => ["clientConfig.endpoint", { bucket: "b", clientConfig: { endpoint } }],
    ),
    ...["", "eu central", "eu_central", 1].map((region): [string, unknown] => [
      "clientConfig.region",
      { bucket: "b", clientConfig: { region } },
    ]),
    ["prefix", { bucket: "b", prefix: "/a" }],
    ["prefix", { bucket: "b", prefix: "a/../b" }],
    ["prefix", { bucket: "b", prefix: "a".repeat(1023) }],
    ["client", { bucket: "b", client: {} }],
    ["clientConfig", { bucket: "b", clientConfig: "eu-central-1" }],
    ["clientConfig", { bucket: "b", client: new S3Client({}), clientConfig: {} }],
    ["partSize", { bucket: "b", partSize: 5 * MIB - 1 }],
    ["partSize", { bucket: "b", partSize: 5 * 1024 * MIB + 1 }],
    ["partSize", { bucket: "b", partSize: 5 * MIB + 0.5 }],
    ["queueSize", { bucket: "b", queueSize: 0 }],
    ["sse", { bucket: "b", sse: "AES256" }],
    ["kmsKeyId", { bucket: "b", kmsKeyId: "key" }],
    ["kmsKeyId", { bucket: "b", sse: "s3", kmsKeyId: "key" }],
    ["capability.ifMatch", { bucket: "b", capability: { ifMatch: "yes" } }],
    ["capability", { bucket: "b", capability: { rangeRead: false } }],
    ["options", undefined],
    ["options", "bucket"],
    ["bukcet", { bucket: "b", bukcet: "c" }],
  ])("refuse a wrong %s", (field, options) => {
    expect(problemOf(options)).toContain(field);
  });

  it.each([
    ["s3://b", 'no URL; a path inside the bucket goes into "prefix"'],
    ["b/x", 'what follows the slash goes into "prefix"'],
  ])("say what to write instead of the bucket %s", (bucket, expected) => {
    expect(problemOf({ bucket })).toContain(expected);
  });

  it.each([
    "b",
    "payloads.example.com",
    "Old_Bucket-1",
    "tenant:bucket",
    "name--euw1-az1--x-s3",
    "arn:aws:s3:eu-central-1:123456789012:accesspoint/payloads",
    "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap",
    "arn:aws:s3-outposts:eu-central-1:123456789012:outpost/op-1/accesspoint/payloads",
  ])("take the bucket %s", (bucket) => {
    expect(() => new S3Store({ bucket })).not.toThrow();
  });

  it.each<[string, unknown]>([
    ["a text", "http://key:s3cret@localhost:9000"],
    ["a text with a user alone", "https://s3cret@localhost"],
    ["a URL", new URL("http://key:s3cret@localhost:9000")],
    ["an endpoint with its URL", { url: new URL("http://key:s3cret@localhost:9000") }],
  ])("refuse credentials in an endpoint, and do not repeat them: %s", (_, endpoint) => {
    const problem = problemOf({ bucket: "b", clientConfig: { endpoint } });
    expect(problem).toContain("clientConfig.endpoint: must be a URL of http or https with its scheme");
    expect(problem).toContain("without credentials");
    expect(problem).not.toContain("s3cret");
  });

  it("take endpoints and regions that only the SDK can read", () => {
    const functions = {
      region: () => Promise.reject(new Error("later")),
      endpoint: () => Promise.reject(new Error("x")),
    };
    const parts = { endpoint: { protocol: "http:", hostname: "h", path: "/" }, region: "us-east-1" };
    for (const clientConfig of [functions, parts])
      expect(() => new S3Store({ bucket: "b", clientConfig })).not.toThrow();
  });

  it("refuse a client that can't send the commands of this SDK, and say which one can", () => {
    const client = new S3Client({});
    client.middlewareStack.remove("serializerMiddleware"); // commands of older versions bring their own
    expect(problemOf({ bucket: "b", client })).toContain("@aws-sdk/client-s3 ^3.1169.0");
    const { dependencies } = JSON.parse(readFileSync("package.json", "utf8")) as {
      dependencies: Record<string, string>;
    };
    expect(FITTING_VERSIONS).toBe(dependencies["@aws-sdk/client-s3"]);
    expect(thrownBy(() => s3Scheme({ client }))).toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("name every wrong field at once, and repeat no value", () => {
    const message = problemOf({ bucket: "", partSize: 1, queueSize: -1, sse: "SECRET", prefix: "/SECRET" });
    for (const field of ["bucket", "partSize", "queueSize", "sse", "prefix"]) expect(message).toContain(`${field}: `);
    expect(message).not.toContain("SECRET");
  });

  it("name what can't be combined although another field is wrong", () => {
    const message = problemOf({ partSize: "1", kmsKeyId: "key" });
    for (const field of ["bucket", "partSize"]) expect(message).toContain(`${field}: `);
    expect(message).toContain("kmsKeyId: ");
  });

  it("may be left out", () => {
    expect(() => new S3Store({ bucket: "b", prefix: undefined, client: undefined, sse: undefined })).not.toThrow();
    expect(() => new S3Store({ bucket: "b", prefix: "" })).not.toThrow();
  });
});

describe("the capability of S3Store", () => {
  it("is that of AWS by default, and frozen", () => {
    const { capability } = new S3Store({ bucket: "b" });
    expect(capability).toEqual({
      read: true,
      write: true,
      stat: true,
      delete: true,
      list: true,
      copy: true,
      presign: true,
      rangeRead: true,
      ifNoneMatch: true,
      ifMatch: true,
      deleteIfMatch: false,
      metadata: true,
      contentType: true,
      maxObjectSize: 8 * MIB * 10_000,
    });
    expect(Object.isFrozen(capability)).toBe(true);
  });

  it("is what the options say of the server", () => {
    const { capability } = new S3Store({ bucket: "b", capability: { ifNoneMatch: false, deleteIfMatch: true } });
    expect(capability).toMatchObject({ ifNoneMatch: false, ifMatch: true, deleteIfMatch: true });
  });

  it("grows with the part, up to the largest object that S3 takes", () => {
    const { capability } = new S3Store({ bucket: "b", partSize: 5 * 1024 * MIB });
    expect(capability.maxObjectSize! / 1024 ** 4).toBeCloseTo(48.8, 1);
  });

  it("leaves the prefix room in the path", async () => {
    await using store = new S3Store({ bucket: "b", prefix: "ü/", clientConfig: { region: "us-east-1" } });
    expect(store.capability.maxPathLength).toBe(1024 - 3);
    await expect(store.stat("a".repeat(1022))).rejects.toMatchObject({ code: "INVALID_PATH" });
  });
});

describe("the client that S3Store makes", () => {
  it("has time limits, unless the configuration says otherwise", async () => {
    const limitsOf = (client: S3Client): Promise<object> =>
      (client.config.requestHandler as unknown as { configProvider: Promise<object> }).configProvider;
    const region = "us-east-1";
    expect(await limitsOf(createClient({ region }))).toMatchObject({ connectionTimeout: 5000, socketTimeout: 30_000 });
    const shorter = createClient({ region, requestHandler: { socketTimeout: 100 } });
    expect(await limitsOf(shorter)).toMatchObject({ connectionTimeout: 5000, socketTimeout: 100 });
    const { requestHandler } = shorter.config;
    expect(createClient({ region, requestHandler }).config.requestHandler).toBe(requestHandler);
  });
});
