import { S3Store, S3Failure } from "../../../../src/s3.js";
import { StorageError, type StorageErrorCode } from "../../../../src/errors/error.js";
import { s3ClientConfig } from "../../../fixtures/s3-server.js";
import {
  s3Error,
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from "../../../fixtures/scripted-server.js";

let server: ScriptedServer;
let store: S3Store;

beforeAll(async () => {
  server = await startScriptedServer();
  store = storeAt(server.endpoint);
});

afterAll(async () => {
  await store.close();
  await server.stop();
});

beforeEach(() => {
  server.requests.length = 0;
});

function storeAt(endpoint: string, config = {}): S3Store {
  return new S3Store({
    bucket: "bucket",
    clientConfig: s3ClientConfig(endpoint, config),
    capability: { deleteIfMatch: true },
  });
}

async function failureOf(call: Promise<unknown>): Promise<StorageError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StorageError);
  return error as StorageError;
}

describe("errors of the service", () => {
  const CASES: [status: number, code: string, expected: StorageErrorCode][] = [
    [404, "NoSuchKey", "NOT_FOUND"],
    [404, "NoSuchBucket", "CONTAINER_NOT_FOUND"],
    [403, "AccessDenied", "PERMISSION_DENIED"],
    [403, "SignatureDoesNotMatch", "PERMISSION_DENIED"],
    [403, "InvalidAccessKeyId", "PERMISSION_DENIED"],
    [400, "ExpiredToken", "PERMISSION_DENIED"],
    [400, "InvalidToken", "PERMISSION_DENIED"],
    [403, "RequestTimeTooSkewed", "PERMISSION_DENIED"],
    [403, "SomethingNew", "PERMISSION_DENIED"],
    [401, "SomethingNew", "PERMISSION_DENIED"],
    [503, "SlowDown", "THROTTLED"],
    [400, "ThrottlingException", "THROTTLED"],
    [429, "SomethingNew", "THROTTLED"],
    [500, "InternalError", "UNAVAILABLE"],
    [503, "ServiceUnavailable", "UNAVAILABLE"],
    [502, "SomethingNew", "UNAVAILABLE"],
    [400, "RequestTimeout", "TIMEOUT"],
    [408, "SomethingNew", "TIMEOUT"],
    [400, "EntityTooLarge", "LIMIT_EXCEEDED"],
    [413, "SomethingNew", "LIMIT_EXCEEDED"],
    [507, "SomethingNew", "INSUFFICIENT_STORAGE"],
    [403, "QuotaExceeded", "INSUFFICIENT_STORAGE"],
    [400, "BadDigest", "INTEGRITY"],
    [400, "XAmzContentChecksumMismatch", "INTEGRITY"],
    [412, "PreconditionFailed", "PRECONDITION_FAILED"],
    [501, "NotImplemented", "UNSUPPORTED"],
    [400, "InvalidBucketName", "CONFIG_INVALID"],
    [400, "AuthorizationHeaderMalformed", "CONFIG_INVALID"],
    [400, "KeyTooLongError", "INVALID_PATH"],
    [409, "OperationAborted", "UNAVAILABLE"],
    [418, "SomethingNew", "UNEXPECTED"],
    [400, "constructor", "UNEXPECTED"],
  ];

  it.each(CASES)("%i %s is %s", async (status, code, expected) => {
    server.script = [s3Error(status, code)];
    const error = await failureOf(store.read("a/b"));
    expect(error).toMatchObject({ code: expected, operation: "read", store: "s3", path: "a/b" });
    // The SDK takes the time of the answer for the next request.
    const isLate = code === "RequestTimeTooSkewed";
    expect(error.retryable).toBe(isLate || ["THROTTLED", "UNAVAILABLE", "TIMEOUT"].includes(expected));
    expect(error.cause).toBeInstanceOf(S3Failure);
    expect(error.cause).toMatchObject({
      name: code,
      httpStatus: status,
      requestId: "REQUEST-1",
      extendedRequestId: "HOST-2",
      attempts: 1,
    });
  });

  it("does not repeat what the service wrote, which may quote the request", async () => {
    server.script = [s3Error(403, "SignatureDoesNotMatch", "the key AKIASECRET signed s3://bucket/payload")];
    const error = await failureOf(store.read("a"));
    const shown = JSON.stringify(error) + String(error) + String(error.cause) + JSON.stringify(error.cause);
    expect(shown).not.toMatch(/AKIASECRET|payload/);
    expect(error.message).toContain(
      'The request to S3 failed: SignatureDoesNotMatch (HTTP 403, request id REQUEST-1). It is about the bucket "bucket".',
    );
  });

  it("says UNEXPECTED of an answer that is no S3", async () => {
    server.script = [{ status: 404, headers: { "content-type": "text/html" }, body: "<html>secret page</html>" }];
    const error = await failureOf(store.read("a"));
    expect(error.code).toBe("NOT_FOUND");
    server.script = [{ status: 200, headers: { "content-type": "text/html" }, body: "<html>secret page" }];
    const listing = await failureOf(store.list("").next());
    expect(listing.code).toBe("UNEXPECTED");
    expect(String(listing) + String(listing.cause)).not.toContain("secret");
  });
});

describe("what is missing", () => {
  const MISSING: ScriptedAnswer = { status: 404 };

  it("asks for the bucket when a HEAD says 404", async () => {
    server.script = [MISSING, { status: 200 }];
    await expect(store.stat("a")).resolves.toBeUndefined();
    expect(server.requests).toEqual(["HEAD /bucket/a", "HEAD /bucket/"]);
  });

  it("tells a missing bucket from a missing object", async () => {
    server.script = [MISSING];
    const call = { operation: "stat", path: "a", code: "CONTAINER_NOT_FOUND" };
    expect(await failureOf(store.stat("a"))).toMatchObject(call);
    expect(await failureOf(store.copy("a", "b"))).toMatchObject({ ...call, operation: "copy" });
    expect(await failureOf(store.read("a", { length: 0 }))).toMatchObject({ ...call, operation: "read" });
  });

  it("takes the word of a server that does not let it ask for the bucket", async () => {
    server.script = [MISSING, { status: 403 }];
    await expect(store.stat("a")).resolves.toBeUndefined();
  });

  it("does not take an outage for an answer", async () => {
    server.script = [MISSING, { status: 503 }];
    expect(await failureOf(store.stat("a"))).toMatchObject({ code: "UNAVAILABLE" });
  });

  it("deletes what is not there, but not from a bucket that is not there", async () => {
    server.script = [s3Error(404, "NoSuchKey")];
    await expect(store.delete("a")).resolves.toBeUndefined();
    server.script = [s3Error(404, "NoSuchBucket")];
    expect(await failureOf(store.delete("a"))).toMatchObject({ code: "CONTAINER_NOT_FOUND", operation: "delete" });
  });
});

describe("conditions", () => {
  it.each([
    [412, "PreconditionFailed"],
    [404, "NoSuchKey"],
  ])("ifMatch that meets %i %s is PRECONDITION_FAILED", async (status, code) => {
    server.script = [s3Error(status, code)];
    expect(await failureOf(store.write("a", "x", { ifMatch: '"1"' }))).toMatchObject({ code: "PRECONDITION_FAILED" });
    expect(await failureOf(store.delete("a", { ifMatch: '"1"' }))).toMatchObject({ code: "PRECONDITION_FAILED" });
  });

  it("ifMatch in a bucket that is missing is CONTAINER_NOT_FOUND", async () => {
    server.script = [s3Error(404, "NoSuchBucket")];
    expect(await failureOf(store.write("a", "x", { ifMatch: '"1"' }))).toMatchObject({ code: "CONTAINER_NOT_FOUND" });
  });

  it("ifNoneMatch that meets 412 is ALREADY_EXISTS", async () => {
    server.script = [s3Error(412, "PreconditionFailed")];
    expect(await failureOf(store.write("a", "x", { ifNoneMatch: "*" }))).toMatchObject({ code: "ALREADY_EXISTS" });
  });

  it.each(["1", '"1"'])("sends the etag %s in quotes", async (ifMatch) => {
    server.script = [{ status: 200 }];
    await store.write("a", "x", { ifMatch });
    expect(server.headers["if-match"]).toBe('"1"');
  });

  it.each(["ConditionalRequestConflict", "ConcurrentModification"])("writes again after a %s", async (code) => {
    server.script = [s3Error(409, code), s3Error(409, code), { status: 200, headers: { etag: '"1"' } }];
    await expect(store.write("a", "x", { ifNoneMatch: "*" })).resolves.toMatchObject({ etag: '"1"' });
    expect(server.requests).toHaveLength(3);
  });

  it("looks what became of the condition when the conflict stays", async () => {
    const conflict = Array.from({ length: 5 }, () => s3Error(409, "ConditionalRequestConflict"));
    const found = { status: 200, headers: { etag: '"2"' } };
    server.script = [...conflict, found];
    expect(await failureOf(store.write("a", "x", { ifNoneMatch: "*" }))).toMatchObject({ code: "ALREADY_EXISTS" });
    server.script = [...conflict, found];
    expect(await failureOf(store.write("a", "x", { ifMatch: '"1"' }))).toMatchObject({ code: "PRECONDITION_FAILED" });
    server.script = [...conflict, found];
    const undecided = await failureOf(store.write("a", "x", { ifMatch: '"2"' }));
    expect(undecided).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    server.script = [...conflict, { status: 404 }, { status: 200 }];
    expect(await failureOf(store.write("a", "x", { ifNoneMatch: "*" }))).toMatchObject({ code: "UNAVAILABLE" });
  });

  it("gives a pause before a new attempt up when the call is aborted", async () => {
    server.script = [s3Error(409, "ConditionalRequestConflict")];
    const reason = new Error("enough");
    const controller = new AbortController();
    const write = store.write("a", "x", { ifNoneMatch: "*", signal: controller.signal });
    controller.abort(reason);
    expect(await failureOf(write)).toMatchObject({ code: "ABORTED", cause: reason });
  });
});

describe("what fails on this side", () => {
  it("is PERMISSION_DENIED when no credentials can be had", async () => {
    const credentials = () =>
      Promise.reject(Object.assign(new Error("no profile"), { name: "CredentialsProviderError" }));
    await using denied = storeAt(server.endpoint, { credentials });
    expect(await failureOf(denied.read("a"))).toMatchObject({ code: "PERMISSION_DENIED" });
    expect(await failureOf(denied.presign("a", { method: "GET", expiresIn: 1 }))).toMatchObject({
      code: "PERMISSION_DENIED",
      message: expect.stringContaining(
        'The request to S3 failed: no profile. It is about the bucket "bucket".',
      ) as string,
    });
  });

  it.each<[string, object, string]>([
    ["no region", { region: () => Promise.reject(new Error("Region is missing")) }, "AWS_REGION"],
    [
      "an endpoint without a scheme",
      { endpoint: () => Promise.reject(new TypeError("Invalid URL")) },
      "http://127.0.0.1:9000",
    ],
  ])("is CONFIG_INVALID at the first use with %s, and says what to write", async (_name, config, expected) => {
    await using wrong = storeAt(server.endpoint, config);
    const presigned = (): Promise<unknown> => wrong.presign("a", { method: "GET", expiresIn: 1 });
    for (const call of [() => wrong.read("a"), () => wrong.write("a", Buffer.alloc(20_000_000)), presigned]) {
      const error = await failureOf(call());
      expect(error).toMatchObject({ code: "CONFIG_INVALID", path: "a", retryable: false });
      expect(error.message).toContain(expected);
    }
    expect(server.requests).toEqual([]);
  });

  it("is UNAVAILABLE when nobody listens, or the name is not known", async () => {
    const gone = await startScriptedServer();
    await gone.stop();
    await using refused = storeAt(gone.endpoint);
    const error = await failureOf(refused.write("a", "x"));
    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(error.cause).toMatchObject({ code: "ECONNREFUSED" });
    await using unknown = storeAt("http://host.invalid:1");
    expect(await failureOf(unknown.stat("a"))).toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("answers that don't fit", () => {
  it("refuses a whole body where a range was asked for", async () => {
    server.script = [{ status: 200, body: "whole" }];
    expect(await failureOf(store.read("a", { offset: 1, length: 2 }))).toMatchObject({ code: "UNEXPECTED" });
  });

  it("refuses a listing that breaks off without a token", async () => {
    server.script = [
      {
        status: 200,
        headers: { "content-type": "application/xml" },
        body: "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
      },
    ];
    expect(await failureOf(store.list("").next())).toMatchObject({ code: "UNEXPECTED", operation: "list" });
  });

  it("leaves keys out of a listing that are no paths, and decodes those that are", async () => {
    const keys = ["a%20b", "folder/", "x//y", "p+q", "r%2Bs", "..", "%EF%BF%BF"];
    const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size><ETag>"1"</ETag></Contents>`);
    server.script = [
      {
        status: 200,
        headers: { "content-type": "application/xml" },
        body: `<ListBucketResult><EncodingType>url</EncodingType>${contents.join("")}</ListBucketResult>`,
      },
    ];
    const paths: string[] = [];
    for await (const { path } of store.list("")) paths.push(path);
    expect(paths).toEqual(["a b", "p q", "r+s", "\uffff"]);
    expect(server.requests[0]).toContain("encoding-type=url");
  });

  it("knows a body that has not the checksum which S3 keeps of it", async () => {
    for (const body of ["content", "c".repeat(300_000)]) {
      server.script = [{ status: 200, headers: { "x-amz-checksum-crc32": "AAAAAA==" }, body }];
      const result = await store.read("a");
      expect(await failureOf(result.bytes())).toMatchObject({ code: "INTEGRITY", operation: "read", path: "a" });
    }
  });
});
