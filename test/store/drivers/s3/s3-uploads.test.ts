import { createHash } from "node:crypto";
import { DeleteBucketCommand, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { S3Store } from "../../../../src/s3.js";
import { sha256Digest } from "../../../../src/bytes/digest.js";
import { createBucket, s3ClientConfig, startS3Server, type S3Server } from "../../../fixtures/s3-server.js";

const MIB = 1024 * 1024;
const PART = 5 * MIB;

let server: S3Server;
let client: S3Client;
let bucket: string;
let store: S3Store;
let sent: Sent;

/** What a client sends: every command as it begins, and how many are under way. */
class Sent {
  readonly commands: string[] = [];
  readonly checksums: (string | undefined)[] = [];
  underWay = 0;
  mostAtOnce = 0;
  /** Called when a command begins; what it throws, the command fails with. */
  onCommand: (command: string, ordinal: number) => Promise<void> | void = () => undefined;

  watch(watched: S3Client): void {
    watched.middlewareStack.add(
      (next, context) => async (args) => {
        const command = (context.commandName ?? "").replace("Command", "");
        this.commands.push(command);
        const ordinal = this.commands.filter((name) => name === command).length;
        this.underWay++;
        this.mostAtOnce = Math.max(this.mostAtOnce, command === "UploadPart" ? this.underWay : 0);
        try {
          await this.onCommand(command, ordinal);
          return await next(args);
        } finally {
          this.underWay--;
        }
      },
      { step: "initialize" },
    );
    watched.middlewareStack.add(
      (next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        this.checksums.push(headers["x-amz-checksum-sha256"] ?? headers["x-amz-checksum-crc32"]);
        return next(args);
      },
      { step: "finalizeRequest" },
    );
  }

  count(command: string): number {
    return this.commands.filter((name) => name === command).length;
  }
}

function newStore(options = {}, config: S3ClientConfig = {}): S3Store {
  const watched = new S3Client(s3ClientConfig(server.endpoint, config));
  sent = new Sent();
  sent.watch(watched);
  return new S3Store({ bucket, client: watched, partSize: PART, queueSize: 2, ...options });
}

beforeAll(async () => {
  server = await startS3Server();
  client = new S3Client(s3ClientConfig(server.endpoint));
});

afterAll(async () => {
  client.destroy();
  await server.stop();
});

beforeEach(async () => {
  bucket = await createBucket(client);
  store = newStore();
});

/** Asserts that nothing is left: the emulator refuses to delete a bucket with an object or an unfinished upload. */
async function expectNothingLeft(): Promise<void> {
  await expect(client.send(new DeleteBucketCommand({ Bucket: bucket }))).resolves.toBeDefined();
}

async function* chunksOf(size: number, chunkSize = MIB): AsyncGenerator<Uint8Array, void, undefined> {
  await Promise.resolve();
  const shared = Buffer.alloc(chunkSize); // used again for every chunk, as a source may
  for (let start = 0; start < size; start += chunkSize) {
    shared.fill(start / chunkSize + 1);
    yield shared.subarray(0, Math.min(chunkSize, size - start));
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Uint8Array[] = [];
  for await (const chunk of body) copies.push(Buffer.from(chunk));
  return Buffer.concat(copies);
}

async function md5Of(path: string): Promise<string> {
  const result = await store.read(path);
  return createHash("md5")
    .update(await result.bytes())
    .digest("hex");
}

describe("what fits into a part", () => {
  it.each<[string, () => Uint8Array | AsyncIterable<Uint8Array>]>([
    ["bytes", () => Buffer.alloc(PART)],
    ["an iterable", () => chunksOf(PART)],
    ["an empty iterable", () => chunksOf(0)],
  ])("is one PutObject: %s", async (_name, body) => {
    const { size } = await store.write("a", body());
    expect(size).toBe((await collect(iterableOf(body()))).byteLength);
    expect(sent.commands).toEqual(["PutObject"]);
  });

  it("carries a CRC32, or the SHA-256 that the caller declared", async () => {
    await store.write("a", "abc");
    await store.write("a", "abc", { digest: sha256Digest(Buffer.from("abc")) });
    await store.write("a", chunksOf(3), { digest: sha256Digest(await collect(chunksOf(3))) });
    const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64");
    expect(sent.checksums).toEqual(["NSRBwg==", sha256(Buffer.from("abc")), sha256(await collect(chunksOf(3)))]);
  });
});

function iterableOf(body: Uint8Array | AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (!(body instanceof Uint8Array)) return body;
  return (async function* () {
    await Promise.resolve();
    yield body;
  })();
}

describe("what does not fit into a part", () => {
  it.each([
    ["bytes, one more than a part", PART + 1, true, 2],
    ["an iterable of one byte more than a part", PART + 1, false, 2],
    ["bytes of many parts", 5 * PART, true, 5],
    ["an iterable of many parts", 5 * PART, false, 5],
  ])("is written in parts: %s", async (_name, size, whole, parts) => {
    const expected = await collect(chunksOf(size));
    const written = await store.write("a", whole ? expected : chunksOf(size), { metadata: { k: "v" } });
    expect(written).toMatchObject({ path: "a", size, metadata: { k: "v" } });
    expect(written.etag).toBe((await store.stat("a"))?.etag);
    expect(sent.count("UploadPart")).toBe(parts);
    expect(sent.mostAtOnce).toBeLessThanOrEqual(2);
    expect(await md5Of("a")).toBe(createHash("md5").update(expected).digest("hex"));
  });

  it("takes no more from its source than the parts that are under way hold", async () => {
    let taken = 0;
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of chunksOf(10 * PART)) {
        taken += chunk.byteLength;
        yield chunk;
      }
    }
    let most = 0;
    sent.onCommand = (command, ordinal) => {
      if (command === "UploadPart") most = Math.max(most, taken - (ordinal - sent.underWay) * PART);
    };
    await store.write("a", source());
    // The parts under way, and the chunk or two that are between the source and the next part.
    expect(most).toBeLessThanOrEqual(2 * PART + 3 * MIB);
  });
});

describe("a multipart write that fails leaves nothing behind", () => {
  it("when a part fails: the other parts are stopped, and no more are begun", async () => {
    sent.onCommand = (command, ordinal) => {
      if (command === "UploadPart" && ordinal === 2) throw Object.assign(new Error("x"), { name: "SlowDown" });
    };
    await expect(store.write("a", chunksOf(20 * PART))).rejects.toMatchObject({ code: "THROTTLED", path: "a" });
    expect(sent.count("UploadPart")).toBeLessThanOrEqual(3);
    expect(sent.count("AbortMultipartUpload")).toBe(1);
    expect(sent.underWay).toBe(0);
    await expectNothingLeft();
  });

  it("when the last part is aborted while it is under way", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    sent.onCommand = (command, ordinal) => {
      if (command === "UploadPart" && ordinal === 2) controller.abort(reason);
    };
    const write = store.write("a", Buffer.alloc(2 * PART), { signal: controller.signal });
    await expect(write).rejects.toMatchObject({ code: "ABORTED", cause: reason, operation: "write", path: "a" });
    expect(sent.count("CompleteMultipartUpload")).toBe(0);
    expect(sent.count("AbortMultipartUpload")).toBe(1);
    await expectNothingLeft();
  });

  it("when it is aborted while the upload is created", async () => {
    const controller = new AbortController();
    sent.onCommand = (command) => {
      if (command === "CreateMultipartUpload") controller.abort(new Error("enough"));
    };
    const write = store.write("a", chunksOf(3 * PART), { signal: controller.signal });
    await expect(write).rejects.toMatchObject({ code: "ABORTED" });
    expect(sent.count("UploadPart")).toBe(0);
    await expectNothingLeft();
  });

  it("when it is aborted while the source hangs", async () => {
    const controller = new AbortController();
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      yield* chunksOf(3 * PART);
      controller.abort(new Error("enough"));
      await new Promise(() => undefined);
    }
    const write = store.write("a", source(), { signal: controller.signal });
    await expect(write).rejects.toMatchObject({ code: "ABORTED" });
    await expectNothingLeft();
  });

  it("when a part fails while the source hangs", async () => {
    let fail = (): void => undefined;
    const failing = new Promise<void>((resolve) => (fail = resolve));
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      yield* chunksOf(3 * PART);
      fail();
      await new Promise(() => undefined);
    }
    sent.onCommand = async (command, ordinal) => {
      if (command !== "UploadPart" || ordinal !== 2) return;
      await failing;
      throw Object.assign(new Error("x"), { name: "SlowDown" });
    };
    await expect(store.write("a", source())).rejects.toMatchObject({ code: "THROTTLED" });
    await expectNothingLeft();
  });

  it("when the source fails", async () => {
    const failure = new Error("the disk is gone");
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      yield* chunksOf(3 * PART);
      throw failure;
    }
    await expect(store.write("a", source())).rejects.toMatchObject({ code: "UNEXPECTED", cause: failure });
    expect(sent.count("CompleteMultipartUpload")).toBe(0);
    await expectNothingLeft();
  });

  it.each([
    ["size", { size: 3 * PART + 1 }],
    ["digest", { digest: sha256Digest(Buffer.from("other")) }],
  ])("when the body has another %s than declared", async (_name, options) => {
    await expect(store.write("a", chunksOf(3 * PART), options)).rejects.toMatchObject({ code: "INTEGRITY" });
    expect(sent.count("CompleteMultipartUpload")).toBe(0);
    await expectNothingLeft();
  });

  it("when the completion fails", async () => {
    sent.onCommand = (command) => {
      if (command === "CompleteMultipartUpload") throw Object.assign(new Error("x"), { name: "InternalError" });
    };
    await expect(store.write("a", Buffer.alloc(2 * PART))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expectNothingLeft();
  });

  it("and reports the failure although the cleanup fails, too", async () => {
    sent.onCommand = (command) => {
      if (command === "UploadPart") throw Object.assign(new Error("x"), { name: "SlowDown" });
      if (command === "AbortMultipartUpload") throw Object.assign(new Error("x"), { name: "AccessDenied" });
    };
    await expect(store.write("a", Buffer.alloc(2 * PART))).rejects.toMatchObject({ code: "THROTTLED" });
  });
});

it("a write that the caller gave up before it began sends nothing", async () => {
  const controller = new AbortController();
  async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* chunksOf(MIB);
    controller.abort(new Error("enough"));
    yield Buffer.alloc(1);
  }
  await expect(store.write("a", source(), { signal: controller.signal })).rejects.toMatchObject({ code: "ABORTED" });
  expect(sent.commands).toEqual([]);
});

it("leaves no listener on the caller's signal", async () => {
  const { signal } = new AbortController();
  const added = jest.spyOn(signal, "addEventListener");
  const removed = jest.spyOn(signal, "removeEventListener");
  await store.write("a", chunksOf(3 * PART), { signal });
  expect(removed.mock.calls.length).toBeGreaterThanOrEqual(added.mock.calls.length);
});
