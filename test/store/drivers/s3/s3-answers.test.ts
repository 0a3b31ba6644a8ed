import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { S3Store } from "../../../../src/s3.js";
import { S3Bucket } from "../../../../src/store/drivers/s3/bucket.js";
import { copyObject } from "../../../../src/store/drivers/s3/copy.js";
import { parseS3Options } from "../../../../src/store/drivers/s3/options.js";
import { sha256Digest } from "../../../../src/bytes/digest.js";
import { s3ClientConfig } from "../../../fixtures/s3-server.js";
import {
  s3Error,
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from "../../../fixtures/scripted-server.js";
import { failureOf } from "../../../support/failure.js";

const MIB = 1024 ** 2;
const LARGE = Buffer.alloc(20 * MIB);
const CREATED = xml("<InitiateMultipartUploadResult><UploadId>ID</UploadId></InitiateMultipartUploadResult>");

let server: ScriptedServer;
let store: S3Store;

beforeAll(async () => {
  server = await startScriptedServer();
  store = storeWith();
});

beforeEach(() => {
  server.requests.length = 0;
});

afterAll(async () => {
  await store.close();
  await server.stop();
});

function storeWith(config: S3ClientConfig = {}): S3Store {
  return new S3Store({ bucket: "bucket", clientConfig: s3ClientConfig(server.endpoint, config) });
}

function xml(body: string): ScriptedAnswer {
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

/** An object, as a GET or a HEAD gives it. */
function object(headers: Record<string, string>, status = 200, body = ""): ScriptedAnswer {
  return { status, headers: { etag: '"1"', ...headers }, body };
}

const UNSIZED: ScriptedAnswer = { ...object({}), chunked: true };

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(bytes);
}

async function copyInParts(): Promise<unknown> {
  const client = new S3Client(s3ClientConfig(server.endpoint));
  const bucket = new S3Bucket(client, parseS3Options({ bucket: "bucket", client }));
  const call = { details: { operation: "copy", store: "s3", path: "a" }, signal: new AbortController().signal };
  return copyObject(bucket, "a", "b", call, { maxSingle: 1, partSize: 5 * MIB }).finally(() => client.destroy());
}

describe("what nobody aborted", () => {
  const signal = new AbortController().signal;

  it("is not ABORTED when a part is answered without an ETag", async () => {
    for (const body of [LARGE, chunks(LARGE)]) {
      server.script = [CREATED, { status: 200 }];
      expect(await failureOf(store.write("a", body, { signal }))).toMatchObject({ code: "UNEXPECTED", path: "a" });
    }
    server.script = [object({ "content-length": String(12 * MIB) }), CREATED, xml("<CopyPartResult></CopyPartResult>")];
    expect(await failureOf(copyInParts())).toMatchObject({ code: "UNEXPECTED", operation: "copy" });
  });

  it("is CONFIG_INVALID when a checksum setting throws", async () => {
    await using broken = storeWith({ requestChecksumCalculation: () => Promise.reject(new Error("broken")) });
    server.script = [CREATED];
    const bodies = ["x", LARGE, chunks(LARGE)];
    for (const body of bodies) {
      const error = await failureOf(broken.write("a", body, { signal }));
      expect(error).toMatchObject({ code: "CONFIG_INVALID", operation: "write", path: "a" });
      expect((error as Error).message).toContain("requestChecksumCalculation");
    }
    const digest = sha256Digest(Buffer.from("x"));
    expect(await failureOf(broken.write("a", "x", { digest }))).toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("is still ABORTED when the caller aborts, with the reason of the caller", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    server.script = [CREATED];
    server.onRequest = (request) => {
      if (request.includes("partNumber")) controller.abort(reason);
    };
    const write = store.write("a", LARGE, { signal: controller.signal });
    expect(await failureOf(write)).toMatchObject({ code: "ABORTED", cause: reason });
    server.onRequest = () => undefined;
  });
});

describe("the size of an object", () => {
  it("is asked for by its first byte when a HEAD does not say it", async () => {
    const first = object({ "content-range": "bytes 0-0/7", "content-type": "a/b" }, 206, "x");
    server.script = [UNSIZED, first];
    await expect(store.stat("a")).resolves.toMatchObject({ size: 7, etag: '"1"', contentType: "a/b" });
    expect(server.requests).toEqual(["HEAD /bucket/a", "GET /bucket/a?x-id=GetObject"]);
    expect(server.headers.range).toBe("bytes=0-0");
    server.script = [UNSIZED, first, xml('<CopyObjectResult><ETag>"2"</ETag></CopyObjectResult>')];
    await expect(store.copy("a", "b")).resolves.toMatchObject({ size: 7 });
  });

  it("is 0 only when the server says so", async () => {
    server.script = [UNSIZED, s3Error(416, "InvalidRange"), object({})];
    await expect(store.stat("a")).resolves.toMatchObject({ size: 0 });
    server.script = [UNSIZED, object({ "content-range": "bytes 0-0/*" }, 206, "x")];
    expect(await failureOf(store.stat("a"))).toMatchObject({ code: "UNEXPECTED", operation: "stat", path: "a" });
    server.script = [UNSIZED, object({ "content-range": "bytes 0-0/*" }, 206, "x")];
    expect(await failureOf(store.copy("a", "b"))).toMatchObject({ code: "UNEXPECTED", operation: "copy" });
    server.script = [xml("<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>")];
    expect(await failureOf(store.list("").next())).toMatchObject({ code: "UNEXPECTED", operation: "list", path: "a" });
  });
});

describe("a HEAD that is refused without a word", () => {
  it.each([400, 405])("with %i is asked again by a GET", async (status) => {
    server.script = [{ status }, object({ "content-range": "bytes 0-0/7" }, 206, "x")];
    await expect(store.stat("a")).resolves.toMatchObject({ size: 7 });
    server.script = [{ status }, s3Error(400, "ExpiredToken")];
    expect(await failureOf(store.stat("a"))).toMatchObject({ code: "PERMISSION_DENIED" });
    server.script = [{ status }, s3Error(404, "NoSuchKey"), { status: 200 }];
    await expect(store.stat("a")).resolves.toBeUndefined();
  });

  it.each([
    [400, "CONFIG_INVALID"],
    [405, "UNSUPPORTED"],
  ])("with %i is %s when nothing says more", async (status, code) => {
    server.script = [{ status }];
    expect(await failureOf(store.stat("a"))).toMatchObject({ code, retryable: false });
  });
});

describe("ranges", () => {
  const range = { offset: 2, length: 3 };

  async function readOf(answer: ScriptedAnswer, options = range): Promise<unknown> {
    server.script = [answer];
    const result = await store.read("a", options);
    return Buffer.from(await result.bytes()).toString();
  }

  it("are handed out when they are those asked for, or end with the object", async () => {
    await expect(readOf(object({ "content-range": "bytes 2-4/9" }, 206, "abc"))).resolves.toBe("abc");
    await expect(readOf(object({ "content-range": "bytes 2-3/4" }, 206, "ab"))).resolves.toBe("ab");
  });

  it.each([
    ["others", "bytes 0-2/9", "abc"],
    ["less", "bytes 2-3/9", "ab"],
    ["more", "bytes 2-5/9", "abcd"],
    ["a total that does not fit", "bytes 2-4/3", "abc"],
    ["no total", "bytes 2-4/*", "abc"],
    ["no range", "", "abc"],
    ["another unit", "lines 2-4/9", "abc"],
    ["another length", "bytes 2-4/9", "ab"],
  ])("are UNEXPECTED when the server sends %s", async (_what, sent, body) => {
    const error = await failureOf(readOf(object({ "content-range": sent }, 206, body)));
    expect(error).toMatchObject({ code: "UNEXPECTED", operation: "read", path: "a" });
  });

  it("are UNEXPECTED where the whole object was asked for, and the whole where a range was", async () => {
    const part = object({ "content-range": "bytes 0-2/9" }, 206, "abc");
    expect(await failureOf(readOf(part, {} as typeof range))).toMatchObject({ code: "UNEXPECTED" });
    expect(await failureOf(readOf(object({}, 200, "abcdefghi")))).toMatchObject({ code: "UNEXPECTED" });
  });

  it("that are cut short, or run over, are noticed", async () => {
    const sent = (body: string) => ({ ...object({ "content-range": "bytes 2-4/9" }, 206, body), chunked: true });
    expect(await failureOf(readOf(sent("ab")))).toMatchObject({ code: "UNAVAILABLE" });
    expect(await failureOf(readOf(sent("abcd")))).toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("a page in place of S3", () => {
  const PAGES: [string, ScriptedAnswer][] = [
    ["well formed", page("<html><head><title>Login</title></head><body>secret</body></html>")],
    ["of a browser's HTML", page("<!DOCTYPE html><html><body><br>secret&nbsp;<p></body></html>")],
    ["without a type", { status: 200, body: "<html><body>secret</body></html>" }],
  ];

  function page(body: string): ScriptedAnswer {
    return { status: 200, headers: { "content-type": "text/html" }, body };
  }

  it.each(PAGES)("%s is UNEXPECTED in every operation", async (_name, answer) => {
    server.script = [answer];
    const calls: Record<string, () => Promise<unknown>> = {
      write: () => store.write("a", "x"),
      "large write": () => store.write("a", LARGE),
      stream: () => store.write("a", chunks(LARGE)),
      read: () => store.read("a"),
      range: () => store.read("a", { offset: 1, length: 1 }),
      stat: () => store.stat("a"),
      delete: () => store.delete("a"),
      list: () => store.list("").next(),
      copy: () => store.copy("a", "b"),
    };
    for (const [name, call] of Object.entries(calls)) {
      const error = await failureOf(call());
      expect([name, error]).toMatchObject([name, { code: "UNEXPECTED", store: "s3" }]);
      expect(String(error) + String((error as Error).cause)).not.toContain("secret");
    }
  });

  it("is UNEXPECTED in the middle of a copy and of an upload", async () => {
    const [, answer] = PAGES[0]!;
    server.script = [object({ "content-length": "7" }), answer];
    expect(await failureOf(store.copy("a", "b"))).toMatchObject({ code: "UNEXPECTED", operation: "copy" });
    server.script = [CREATED, ...Array.from({ length: 3 }, () => object({})), answer];
    expect(await failureOf(store.write("a", LARGE))).toMatchObject({ code: "UNEXPECTED", operation: "write" });
  });

  it("may be what an object holds", async () => {
    server.script = [object({ "content-type": "text/html" }, 200, "<html>mine</html>")];
    await expect((await store.read("a")).bytes()).resolves.toEqual(Buffer.from("<html>mine</html>"));
  });
});

describe("an error behind status 200", () => {
  it.each([
    ["SlowDown", "THROTTLED"],
    ["InternalError", "UNAVAILABLE"],
    ["AccessDenied", "PERMISSION_DENIED"],
  ])("%s is %s", async (code, expected) => {
    const failed = { ...s3Error(200, code) };
    server.script = [object({ "content-length": "7" }), failed];
    expect(await failureOf(store.copy("a", "b"))).toMatchObject({ code: expected });
    server.script = [CREATED, ...Array.from({ length: 3 }, () => object({})), failed];
    expect(await failureOf(store.write("a", LARGE))).toMatchObject({ code: expected });
    server.script = [failed];
    expect(await failureOf(store.list("").next())).toMatchObject({ code: expected });
  });
});

describe("ETags", () => {
  it.each([
    ['"abc"', '"abc"'],
    ["abc", '"abc"'],
    ['W/"abc"', 'W/"abc"'],
    ["", undefined],
  ])("%s is %s", async (sent, expected) => {
    server.script = [object({ etag: sent, "x-amz-request-id": "1", "content-length": "7" })];
    expect((await store.stat("a"))?.etag).toBe(expected);
    server.script = [object({ etag: sent })];
    expect((await store.write("a", "x")).etag).toBe(expected);
  });
});

it("takes the end of an upload that names no ETag", async () => {
  const result = "<Location>x/payloads/a</Location><Bucket>payloads</Bucket><Key>a</Key><ETag></ETag>";
  const body = `<CompleteMultipartUploadResult>${result}</CompleteMultipartUploadResult>`;
  const ended = { status: 200, headers: { "content-type": "application/xml" }, body };
  server.script = [CREATED, ...Array.from({ length: 3 }, () => object({})), ended];
  expect(await store.write("a", LARGE)).toEqual({ path: "a", size: LARGE.byteLength });
});

describe("listings", () => {
  it("leave out keys that are not UTF-8", async () => {
    const contents = ["a%FF", "b"].map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`);
    server.script = [xml(`<ListBucketResult><EncodingType>url</EncodingType>${contents.join("")}</ListBucketResult>`)];
    const paths: string[] = [];
    for await (const { path } of store.list("")) paths.push(path);
    expect(paths).toEqual(["b"]);
  });

  it("end when the server goes round in a circle", async () => {
    server.script = [
      xml(
        "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken></ListBucketResult>",
      ),
    ];
    expect(await failureOf(store.list("").next())).toMatchObject({ code: "UNEXPECTED", operation: "list" });
  });
});

describe("checksums", () => {
  it("are not sent with a digest when the client says WHEN_REQUIRED", async () => {
    const options = { digest: sha256Digest(Buffer.from("x")) };
    server.script = [object({})];
    await store.write("a", "x", options);
    expect(server.headers["x-amz-checksum-sha256"]).toBe("LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=");
    await using plain = storeWith({ requestChecksumCalculation: "WHEN_REQUIRED" });
    await plain.write("a", "x", options);
    expect(Object.keys(server.headers).filter((name) => /checksum/.test(name))).toEqual([]);
  });
});
