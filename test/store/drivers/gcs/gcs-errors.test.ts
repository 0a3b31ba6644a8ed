import { inspect } from "node:util";
import { GcsFailure, GcsStore } from "../../../../src/gcs.js";
import type { StorageErrorCode } from "../../../../src/errors/error.js";
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from "../../../fixtures/scripted-server.js";
import { failureOf } from "../../../support/failure.js";

let server: ScriptedServer;
let store: GcsStore;

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
  server.script = [{ status: 200 }];
});

function storeAt(endpoint: string): GcsStore {
  return new GcsStore({
    bucket: "bucket",
    clientConfig: { apiEndpoint: endpoint, retryOptions: { autoRetry: false } },
    capability: { ifNoneMatch: true, ifMatch: true, deleteIfMatch: true },
  });
}

function gcsError(status: number, reason: string): ScriptedAnswer {
  return {
    status,
    headers: { "content-type": "application/json; charset=UTF-8", "x-guploader-uploadid": "UPLOAD-1" },
    body: JSON.stringify({
      error: { code: status, message: "said of SECRET", errors: [{ reason, message: "SECRET" }] },
    }),
  };
}

function json(value: object): ScriptedAnswer {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

describe("errors of the service", () => {
  const CASES: [status: number, reason: string, expected: StorageErrorCode][] = [
    [400, "invalid", "UNEXPECTED"],
    [401, "authError", "PERMISSION_DENIED"],
    [401, "required", "PERMISSION_DENIED"],
    [403, "forbidden", "PERMISSION_DENIED"],
    [403, "insufficientPermissions", "PERMISSION_DENIED"],
    [403, "rateLimitExceeded", "THROTTLED"],
    [403, "userRateLimitExceeded", "THROTTLED"],
    [403, "quotaExceeded", "INSUFFICIENT_STORAGE"],
    [408, "somethingNew", "TIMEOUT"],
    [409, "conflict", "UNEXPECTED"],
    [412, "conditionNotMet", "PRECONDITION_FAILED"],
    [413, "uploadTooLarge", "LIMIT_EXCEEDED"],
    [429, "rateLimitExceeded", "THROTTLED"],
    [429, "somethingNew", "THROTTLED"],
    [500, "internalError", "UNAVAILABLE"],
    [502, "somethingNew", "UNAVAILABLE"],
    [503, "backendError", "UNAVAILABLE"],
    [504, "somethingNew", "TIMEOUT"],
    [501, "notImplemented", "UNSUPPORTED"],
    [507, "somethingNew", "INSUFFICIENT_STORAGE"],
    [418, "constructor", "UNEXPECTED"],
  ];

  it.each(CASES)("%i %s is %s", async (status, reason, expected) => {
    server.script = [gcsError(status, reason)];
    const error = await failureOf(store.stat("a/b"));
    expect(error).toMatchObject({ code: expected, operation: "stat", store: "gcs", path: "a/b" });
    expect(error.retryable).toBe(["THROTTLED", "UNAVAILABLE", "TIMEOUT"].includes(expected));
    expect(error.cause).toBeInstanceOf(GcsFailure);
    expect(error.cause).toMatchObject({ name: reason, httpStatus: status, requestId: "UPLOAD-1", attempts: 1 });
  });

  it("do not repeat what the service wrote", async () => {
    server.script = [gcsError(403, "forbidden")];
    const error = await failureOf(store.read("a"));
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("SECRET");
    expect(error.message).toContain("The request to Cloud Storage failed: forbidden (HTTP 403, request id UPLOAD-1).");
  });

  it("are told by their status when the answer is no JSON", async () => {
    server.script = [{ status: 503, headers: { "content-type": "text/html" }, body: "<html>SECRET page</html>" }];
    const error = await failureOf(store.stat("a"));
    expect(error).toMatchObject({ code: "UNAVAILABLE", cause: { name: "HttpError", httpStatus: 503 } });
    expect(inspect(error, { depth: 20 })).not.toContain("SECRET");
    server.script = [gcsError(403, "a sentence with SECRET")];
    expect((await failureOf(store.stat("a"))).cause).toMatchObject({ name: "HttpError" });
  });
});

describe("what is missing", () => {
  const missing = gcsError(404, "notFound");

  it("is an object when its bucket can be listed, or may not be", async () => {
    for (const bucket of [json({}), gcsError(403, "forbidden")]) {
      server.script = [missing, bucket];
      await expect(store.stat("a")).resolves.toBeUndefined();
      server.script = [missing, missing, bucket];
      expect(await failureOf(store.read("a"))).toMatchObject({ code: "NOT_FOUND", path: "a" });
      server.script = [missing, bucket];
      await expect(store.delete("a")).resolves.toBeUndefined();
      server.script = [missing, bucket];
      expect(await failureOf(store.delete("a", { ifMatch: "1" }))).toMatchObject({ code: "PRECONDITION_FAILED" });
      server.script = [missing, bucket];
      expect(await failureOf(store.copy("a", "b"))).toMatchObject({ code: "NOT_FOUND", operation: "copy" });
    }
  });

  it("is the bucket otherwise, in every operation", async () => {
    server.script = [missing];
    const calls = {
      write: () => store.write("a", "x"),
      condition: () => store.write("a", "x", { ifMatch: "1" }),
      read: () => store.read("a"),
      range: () => store.read("a", { offset: 5, length: 0 }),
      stat: () => store.stat("a"),
      delete: () => store.delete("a"),
      deleteIfMatch: () => store.delete("a", { ifMatch: "1" }),
      copy: () => store.copy("a", "b"),
      self: () => store.copy("a", "a"),
      list: () => store.list("").next(),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect([name, await failureOf(call())]).toMatchObject([name, { code: "CONTAINER_NOT_FOUND" }]);
    }
  });

  it("can't be told when the bucket can't be asked", async () => {
    server.script = [missing, gcsError(503, "backendError")];
    expect(await failureOf(store.stat("a"))).toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("a condition that fails", () => {
  it("is ALREADY_EXISTS or PRECONDITION_FAILED, as was asked", async () => {
    server.script = [gcsError(412, "conditionNotMet")];
    expect(await failureOf(store.write("a", "x", { ifNoneMatch: "*" }))).toMatchObject({ code: "ALREADY_EXISTS" });
    expect(await failureOf(store.write("a", "x", { ifMatch: "1" }))).toMatchObject({ code: "PRECONDITION_FAILED" });
    expect(await failureOf(store.delete("a", { ifMatch: "1" }))).toMatchObject({ code: "PRECONDITION_FAILED" });
  });
});

describe("answers that don't fit", () => {
  const object = { name: "a", size: "5", generation: "1" };

  it("are UNEXPECTED", async () => {
    for (const answer of [{ status: 200 }, json([]), json({ size: "x", generation: "1" }), json({ size: "1" })]) {
      server.script = [answer];
      expect(await failureOf(store.stat("a"))).toMatchObject({ code: "UNEXPECTED" });
      expect(await failureOf(store.write("a", "x"))).toMatchObject({ code: "UNEXPECTED" });
    }
    server.script = [{ status: 200, body: "null" }];
    expect(await failureOf(store.list("").next())).toMatchObject({ code: "UNEXPECTED", operation: "list" });
    server.script = [json({ done: true })];
    expect(await failureOf(store.copy("a", "b"))).toMatchObject({ code: "UNEXPECTED", operation: "copy" });
    expect(await failureOf(store.write("a", "x", { ifNoneMatch: "*" }))).toMatchObject({ code: "UNEXPECTED" });
  });

  it("are no range of the object", async () => {
    // Both requests of a read get the same answer: a description, which is also the "content".
    server.script = [json(object)];
    expect(await failureOf(store.read("a", { offset: 1, length: 2 }))).toMatchObject({ code: "UNEXPECTED" });
    const headers = { "content-range": "bytes 0-1/5" };
    server.script = [{ ...json(object), status: 206, headers }];
    expect(await failureOf(store.read("a", { offset: 1, length: 2 }))).toMatchObject({ code: "UNEXPECTED" });
    server.script = [json(object)];
    const beyond = await store.read("a", { offset: 5 });
    expect(await beyond.bytes()).toHaveLength(0);
  });

  it("are longer than the object", async () => {
    server.script = [json(object)];
    const result = await store.read("a");
    expect(await failureOf(result.bytes())).toMatchObject({ code: "INTEGRITY", operation: "read", path: "a" });
  });

  it("have another checksum than the server keeps", async () => {
    const size = String(JSON.stringify({ ...object, size: "00", crc32c: "AAAAAA==" }).length);
    server.script = [json({ ...object, size, crc32c: "AAAAAA==" })];
    const result = await store.read("a");
    expect(await failureOf(result.bytes())).toMatchObject({ code: "INTEGRITY", operation: "read", path: "a" });
    const range = await store.read("a", { length: 1_000 });
    expect(await failureOf(range.bytes())).toMatchObject({ code: "INTEGRITY" });
  });

  it("say another checksum of what was written, which is then deleted", async () => {
    server.script = [json({ ...object, crc32c: "AAAAAA==" })];
    expect(await failureOf(store.write("a", "hello"))).toMatchObject({ code: "INTEGRITY", operation: "write" });
    expect(server.requests.at(-1)).toBe("DELETE /storage/v1/b/bucket/o/a?ifGenerationMatch=1");
  });

  it("list what is no path, which is left out", async () => {
    const names = ["a b", "folder/", "x//y", "/z", "..", "\uffff"];
    server.script = [json({ items: names.map((name) => ({ ...object, name })) })];
    const paths: string[] = [];
    for await (const { path } of store.list("")) paths.push(path);
    expect(paths).toEqual(["a b", "\uffff"]);
  });
});

describe("what fails on this side", () => {
  it("is UNAVAILABLE when nobody listens, or the name is not known", async () => {
    const gone = await startScriptedServer();
    await gone.stop();
    await using refused = storeAt(gone.endpoint);
    for (const body of ["x", (async function* () {})()]) {
      const error = await failureOf(refused.write("a", body));
      expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true, cause: { code: "ECONNREFUSED" } });
    }
    await using unknown = storeAt("http://host.invalid:1");
    expect(await failureOf(unknown.stat("a"))).toMatchObject({ code: "UNAVAILABLE" });
  });

  it("is LIMIT_EXCEEDED for more metadata than GCS keeps, without I/O", async () => {
    const metadata = { a: "x".repeat(8 * 1024) };
    expect(await failureOf(store.write("a", "x", { metadata }))).toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect(server.requests).toEqual([]);
  });
});
