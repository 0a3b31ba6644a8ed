import { S3Store } from "../../../../src/s3.js";
import { knownSource } from "../../../../src/store/spared-requests.js";
import { s3ClientConfig } from "../../../fixtures/s3-server.js";
import {
  s3Error,
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from "../../../fixtures/scripted-server.js";

const GIB = 1024 ** 3;
const PART = GIB / 2;

let server: ScriptedServer;
let store: S3Store;

beforeAll(async () => {
  server = await startScriptedServer();
  store = new S3Store({ bucket: "bucket", clientConfig: s3ClientConfig(server.endpoint), queueSize: 3 });
});

beforeEach(() => {
  server.requests.length = 0;
});

afterAll(async () => {
  await store.close();
  await server.stop();
});

function xml(body: string): ScriptedAnswer {
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

function sourceOf(size: number): ScriptedAnswer {
  const headers = { "content-length": `${size}`, "content-type": "a/b", etag: '"source"', "x-amz-meta-k": "v" };
  return { status: 200, headers };
}

const CREATED = xml("<InitiateMultipartUploadResult><UploadId>ID</UploadId></InitiateMultipartUploadResult>");
const PART_COPIED = xml('<CopyPartResult><ETag>"part"</ETag></CopyPartResult>');
const COMPLETED = xml('<CompleteMultipartUploadResult><ETag>"copy"</ETag></CompleteMultipartUploadResult>');

function requestsWith(part: string): string[] {
  return server.requests.filter((request) => request.includes(part));
}

it("copies up to 5 GiB by one request", async () => {
  server.script = [sourceOf(5 * GIB), xml('<CopyObjectResult><ETag>"copy"</ETag></CopyObjectResult>')];
  const info = await store.copy("a b", "c");
  expect(info).toMatchObject({ path: "c", size: 5 * GIB, etag: '"copy"', contentType: "a/b", metadata: { k: "v" } });
  expect(server.requests).toEqual(["HEAD /bucket/a%20b", "PUT /bucket/c?x-id=CopyObject"]);
  expect(server.headers["x-amz-copy-source"]).toBe("bucket/a%20b");
});

it("needs no description of what is known, but for what one request does not copy", async () => {
  server.script = [xml('<CopyObjectResult><ETag>"copy"</ETag></CopyObjectResult>')];
  const known = await store.copy("a", "c", knownSource(store, {}, 5 * GIB));
  expect(known).toEqual({ path: "c", size: 5 * GIB, etag: '"copy"' });
  expect(server.requests).toEqual(["PUT /bucket/c?x-id=CopyObject"]);
  expect(server.headers).not.toHaveProperty("x-amz-copy-source-if-match");
  server.requests.length = 0;
  server.script = [sourceOf(5 * GIB + 1), s3Error(403, "AccessDenied")];
  const large = store.copy("a", "c", knownSource(store, {}, 5 * GIB + 1));
  await expect(large).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  expect(server.requests[0]).toBe("HEAD /bucket/a");
  server.requests.length = 0;
  server.script = [sourceOf(5)];
  expect(await store.copy("a", "a", knownSource(store, {}, 5))).toMatchObject({ size: 5, contentType: "a/b" });
  expect(server.requests).toEqual(["HEAD /bucket/a"]);
});

it("copies the version that it has described, or says UNAVAILABLE", async () => {
  server.script = [sourceOf(5), xml('<CopyObjectResult><ETag>"copy"</ETag></CopyObjectResult>')];
  await store.copy("a", "c");
  expect(server.headers["x-amz-copy-source-if-match"]).toBe('"source"');
  server.script = [sourceOf(5), s3Error(412, "PreconditionFailed")];
  await expect(store.copy("a", "c")).rejects.toMatchObject({ code: "UNAVAILABLE", retryable: true, path: "a" });
});

it("copies what is larger in parts of the version that it saw", async () => {
  server.script = [sourceOf(5 * GIB + 1), CREATED, ...Array.from({ length: 11 }, () => PART_COPIED), COMPLETED];
  const info = await store.copy("ü", "c");
  expect(info).toMatchObject({
    path: "c",
    size: 5 * GIB + 1,
    etag: '"copy"',
    contentType: "a/b",
    metadata: { k: "v" },
  });
  const numbers = requestsWith("partNumber").map((request) => Number(/partNumber=(\d+)/.exec(request)?.[1]));
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 11 }, (_, index) => index + 1));
  const parts = server.received.filter(({ headers }) => "x-amz-copy-source-range" in headers);
  expect(parts.map(({ headers }) => headers["x-amz-copy-source-range"])).toEqual(
    expect.arrayContaining([`bytes=0-${PART - 1}`, `bytes=${10 * PART}-${5 * GIB}`]),
  );
  for (const { headers } of parts) {
    expect(headers).toMatchObject({ "x-amz-copy-source": "bucket/%C3%BC", "x-amz-copy-source-if-match": '"source"' });
  }
});

it("says UNAVAILABLE, and gives the upload up, when the object changes in the meantime", async () => {
  server.script = [sourceOf(6 * GIB), CREATED, s3Error(412, "PreconditionFailed")];
  await expect(store.copy("a", "c")).rejects.toMatchObject({ code: "UNAVAILABLE", operation: "copy", path: "a" });
  expect(requestsWith("DELETE")).toEqual(["DELETE /bucket/c?uploadId=ID&x-id=AbortMultipartUpload"]);
  expect(requestsWith("POST /bucket/c?uploadId")).toEqual([]);
});

it("gives the upload up when it is aborted", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  server.script = [sourceOf(6 * GIB), CREATED, PART_COPIED];
  server.onRequest = (request) => {
    if (request.includes("partNumber=2")) controller.abort(reason);
  };
  const copy = store.copy("a", "c", { signal: controller.signal });
  await expect(copy).rejects.toMatchObject({ code: "ABORTED", cause: reason });
  expect(requestsWith("AbortMultipartUpload").length).toBeGreaterThanOrEqual(1);
  server.onRequest = () => undefined;
});
