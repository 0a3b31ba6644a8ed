import { randomBytes } from "node:crypto";
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { S3Store, type S3StoreOptions } from "../../src/s3.js";
import { sha256Digest } from "../../src/bytes/digest.js";
import { isStorageError } from "../../src/errors/error.js";
import { S3Bucket } from "../../src/store/drivers/s3/bucket.js";
import { copyObject } from "../../src/store/drivers/s3/copy.js";
import { parseS3Options } from "../../src/store/drivers/s3/options.js";
import { FaultProxy, type Fault } from "../fixtures/fault-proxy.js";
import { createBucket } from "../fixtures/s3-server.js";
import { cephClientConfig } from "./ceph.js";
import { serviceVariable } from "./service-variable.js";

const MIB = 1024 * 1024;
const PART = 5 * MIB;
const BYTES = randomBytes(3 * PART + 1);

const client = new S3Client(cephClientConfig());
let bucket: string;
let proxy: FaultProxy;

beforeAll(async () => {
  bucket = await createBucket(client);
  proxy = await FaultProxy.start(serviceVariable("CEPH_ENDPOINT"));
});

afterAll(async () => {
  client.destroy();
  await proxy.stop();
});

/** A store whose connections are all new, and take the fault. */
function storeBehind(fault: Fault, options: Partial<S3StoreOptions> = {}): S3Store {
  proxy.fault = fault;
  return new S3Store({
    ...options,
    bucket,
    partSize: PART,
    clientConfig: cephClientConfig({ endpoint: proxy.endpoint }),
  });
}

function storeWith(options: Partial<S3StoreOptions> = {}): S3Store {
  return new S3Store({ bucket, client, partSize: PART, queueSize: 2, ...options });
}

async function unfinishedUploads(): Promise<number> {
  const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return Uploads?.length ?? 0;
}

async function* chunksOf(bytes: Uint8Array, size = MIB): AsyncGenerator<Uint8Array, void, undefined> {
  await Promise.resolve();
  for (let start = 0; start < bytes.byteLength; start += size) yield bytes.subarray(start, start + size);
}

async function contentOf(store: S3Store, path: string): Promise<Buffer> {
  const result = await store.read(path);
  return Buffer.from(await result.bytes());
}

describe("multipart uploads", () => {
  it.each(["bytes", "chunks"])("write %s of many parts", async (kind) => {
    const store = storeWith();
    const body = kind === "bytes" ? BYTES : chunksOf(BYTES);
    const written = await store.write(kind, body, { contentType: "a/b", digest: sha256Digest(BYTES) });
    expect(written.etag).toMatch(/-4"$/);
    expect(await store.stat(kind)).toMatchObject({ size: BYTES.byteLength, etag: written.etag, contentType: "a/b" });
    expect(BYTES.equals(await contentOf(store, kind))).toBe(true);
    expect(await unfinishedUploads()).toBe(0);
  });

  it("leave no parts behind when the source fails, the digest is wrong, or the caller aborts", async () => {
    const store = storeWith();
    const controller = new AbortController();
    async function* source(end: () => void): AsyncGenerator<Uint8Array, void, undefined> {
      yield* chunksOf(BYTES);
      end();
      yield Buffer.alloc(PART);
    }
    const failing = source(() => {
      throw new Error("broken");
    });
    await expect(store.write("a", failing)).rejects.toMatchObject({ code: "UNEXPECTED" });
    const digest = sha256Digest(Buffer.from("other"));
    await expect(store.write("a", chunksOf(BYTES), { digest })).rejects.toMatchObject({ code: "INTEGRITY" });
    const aborting = source(() => controller.abort(new Error("enough")));
    const aborted = store.write("a", aborting, { signal: controller.signal });
    await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });
    expect(await unfinishedUploads()).toBe(0);
    await expect(store.stat("a")).resolves.toBeUndefined();
  });

  it("leave no parts behind when a connection breaks in one", async () => {
    await using store = storeBehind({ toServer: { resetAfter: 2 * MIB } });
    await expect(store.write("broken", BYTES)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(await unfinishedUploads()).toBe(0);
  });

  it("keep their conditions", async () => {
    const store = storeWith();
    const { etag } = await store.write("condition", "old");
    const absent = store.write("condition", BYTES, { ifNoneMatch: "*" });
    await expect(absent).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    const stale = store.write("condition", chunksOf(BYTES), { ifMatch: '"0123"' });
    await expect(stale).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
    expect(await contentOf(store, "condition")).toEqual(Buffer.from("old"));
    await expect(store.write("condition", chunksOf(BYTES), { ifMatch: etag })).resolves.toMatchObject({
      size: BYTES.byteLength,
    });
    expect(await unfinishedUploads()).toBe(0);
  });

  it("let one of several writers win", async () => {
    const store = storeWith();
    const writes = Array.from({ length: 4 }, () => store.write("raced", chunksOf(BYTES), { ifNoneMatch: "*" }));
    const results = await Promise.allSettled(writes);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "ALREADY_EXISTS" });
    }
    expect(await unfinishedUploads()).toBe(0);
  });
});

describe("copies in parts", () => {
  const limits = { maxSingle: PART, partSize: PART };

  function parsedBucket(sent = client): S3Bucket {
    return new S3Bucket(sent, parseS3Options({ bucket, client: sent, prefix: "ü +%" }));
  }

  it("carry bytes, content type and metadata", async () => {
    const store = storeWith({ prefix: "ü +%" });
    await store.write("from", BYTES, { contentType: "a/b", metadata: { owner: "me" } });
    const call = { details: { operation: "copy", store: "s3", path: "from" } };
    const copied = await copyObject(parsedBucket(), "from", "to", call, limits);
    const described = { size: BYTES.byteLength, contentType: "a/b", metadata: { owner: "me" } };
    expect(copied).toMatchObject({ path: "to", ...described });
    expect(await store.stat("to")).toMatchObject(described);
    expect(BYTES.equals(await contentOf(store, "to"))).toBe(true);
  });

  it("leave nothing behind when one fails", async () => {
    const failing = new S3Client(cephClientConfig());
    failing.middlewareStack.add(
      (next, context) => (args) => {
        if (
          context.commandName === "UploadPartCopyCommand" &&
          "PartNumber" in args.input &&
          args.input.PartNumber === 3
        ) {
          throw Object.assign(new Error("x"), { name: "SlowDown" });
        }
        return next(args);
      },
      { step: "initialize" },
    );
    const call = { details: { operation: "copy", store: "s3", path: "from" } };
    await expect(copyObject(parsedBucket(failing), "from", "no", call, limits)).rejects.toMatchObject({
      code: "THROTTLED",
    });
    failing.destroy();
    expect(await unfinishedUploads()).toBe(0);
  });
});

describe("integrity", () => {
  it("is kept by sending anew what was refused, when a bit is flipped on the way in", async () => {
    await using store = storeBehind({ toServer: { corruptAt: MIB / 2 } });
    await store.write("flipped", BYTES.subarray(0, MIB));
    expect(BYTES.subarray(0, MIB).equals(await contentOf(storeWith(), "flipped"))).toBe(true);
    await store.delete("flipped");
  });

  it("is INTEGRITY when a bit is flipped on the way in, and only the SDK sends", async () => {
    for (const options of [{}, { digest: sha256Digest(BYTES.subarray(0, MIB)) }]) {
      await using store = storeBehind({ toServer: { corruptAt: MIB / 2 } }, { transport: "sdk" });
      const error: unknown = await store.write("flipped", BYTES.subarray(0, MIB), options).catch((e: unknown) => e);
      expect(error).toMatchObject({ code: "INTEGRITY", path: "flipped" });
    }
    await expect(storeWith().stat("flipped")).resolves.toBeUndefined();
  });

  it("is INTEGRITY when a bit is flipped on the way out", async () => {
    await storeWith().write("kept", BYTES.subarray(0, MIB));
    await using store = storeBehind({ toClient: { corruptAt: MIB / 2 } });
    await expect(contentOf(store, "kept")).rejects.toMatchObject({ code: "INTEGRITY", path: "kept" });
  });
});

describe("encryption", () => {
  const kms = { sse: "kms", kmsKeyId: serviceVariable("CEPH_KMS_KEY") } as const;

  it("by a KMS key reaches every object: small, large, copied, written through a URL", async () => {
    const store = storeWith({ ...kms, prefix: "kms" });
    await store.write("small", "x");
    await store.write("large", chunksOf(BYTES));
    await store.copy("small", "copied");
    const url = await store.presign("presigned", { method: "PUT", expiresIn: 60 });
    expect((await fetch(url, { method: "PUT", body: Buffer.from("x") })).status).toBe(200);
    for (const name of ["small", "large", "copied", "presigned"]) {
      const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: `kms/${name}` }));
      expect(head).toMatchObject({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: kms.kmsKeyId });
    }
    expect(BYTES.equals(await contentOf(store, "large"))).toBe(true);
  });

  it("by a key that is missing fails, typed", async () => {
    const store = storeWith({ sse: "kms", kmsKeyId: "no-such-key" });
    await expect(store.write("a", "x")).rejects.toMatchObject({ operation: "write", path: "a", retryable: false });
  });
});

describe("URLs", () => {
  it("take any body, and carry no checksum of an empty one", async () => {
    const url = await storeWith().presign("url", { method: "PUT", expiresIn: 60 });
    expect(url).not.toMatch(/checksum/i);
    expect((await fetch(url, { method: "PUT", body: BYTES.subarray(0, 1000) })).status).toBe(200);
    const read = await fetch(await storeWith().presign("url", { method: "GET", expiresIn: 60 }));
    expect(Buffer.from(await read.arrayBuffer()).equals(BYTES.subarray(0, 1000))).toBe(true);
  });

  it("are for one object and one method", async () => {
    const url = await storeWith().presign("url", { method: "GET", expiresIn: 60 });
    expect((await fetch(url.replace("/url?", "/other?"))).status).toBe(403);
    expect((await fetch(url, { method: "PUT", body: "x" })).status).toBe(403);
  });
});

describe("what is refused", () => {
  it.each([
    ["a wrong secret", { accessKeyId: serviceVariable("CEPH_ACCESS_KEY"), secretAccessKey: "WRONGSECRET" }],
    ["an unknown key", { accessKeyId: "NOBODY", secretAccessKey: "WRONGSECRET" }],
  ])("%s is PERMISSION_DENIED, and shown nowhere", async (_name, credentials) => {
    await using store = new S3Store({ bucket, clientConfig: cephClientConfig({ credentials }) });
    const calls = [
      store.write("a", "x"),
      store.write("a", chunksOf(BYTES)),
      store.read("a"),
      store.stat("a"),
      store.delete("a"),
      store.copy("a", "b"),
      store.list("").next(),
    ];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "PERMISSION_DENIED", store: "s3" } });
      const { reason } = outcome as PromiseRejectedResult & { reason: Error };
      expect(`${reason} ${reason.cause} ${JSON.stringify(reason.cause)}`).not.toContain("WRONGSECRET");
    }
  });

  it("a missing bucket is CONTAINER_NOT_FOUND in every operation", async () => {
    const store = storeWith({ bucket: "no-such-bucket" });
    const calls = {
      write: store.write("a", "x"),
      parts: store.write("a", chunksOf(BYTES)),
      read: store.read("a"),
      range: store.read("a", { offset: 5, length: 0 }),
      stat: store.stat("a"),
      delete: store.delete("a"),
      copy: store.copy("a", "b"),
      list: store.list("").next(),
      ifMatch: store.write("a", "x", { ifMatch: '"1"' }),
    };
    const outcomes = await Promise.allSettled(Object.values(calls));
    const codes = outcomes.map((outcome) => (outcome.status === "rejected" ? codeOf(outcome.reason) : "fulfilled"));
    expect(Object.keys(calls).map((name, index) => [name, codes[index]])).toEqual(
      Object.keys(calls).map((name) => [name, "CONTAINER_NOT_FOUND"]),
    );
  });
});

function codeOf(error: unknown): string {
  return isStorageError(error) ? error.code : String(error);
}

describe("what others put into the bucket", () => {
  it("can be read, and keys that are no paths are not listed", async () => {
    for (const key of ["others/a", "others/folder/", "others//b", "others/+ %"]) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: key }));
    }
    const store = storeWith();
    const paths: string[] = [];
    for await (const { path } of store.list("others/")) paths.push(path);
    expect(paths).toEqual(["others/+ %", "others/a"]);
    expect(await contentOf(store, "others/+ %")).toEqual(Buffer.from("others/+ %"));
  });

  it("sees what the store wrote, under the prefix", async () => {
    await storeWith({ prefix: "p/q" }).write("a b", "x");
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: "p/q/a b" }));
    expect(await Body?.transformToString()).toBe("x");
  });
});
