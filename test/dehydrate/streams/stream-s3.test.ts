import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { DeleteBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { StorageManager } from "../../../src/manager/storage-manager.js";
import type { StorageReference } from "../../../src/reference/reference.js";
import { S3Store } from "../../../src/s3.js";
import { createBucket, s3ClientConfig, startS3Server, type S3Server } from "../../fixtures/s3-server.js";
import { failureOf } from "../../support/failure.js";
import { referenceTo } from "../../support/stored.js";
import { someBytes, WatchedStream } from "../../support/stream-sources.js";

const MIB = 1024 ** 2;
const PART = 5 * MIB;
const BYTES = someBytes(3 * PART + 12_345); // four parts

let server: S3Server;
let client: S3Client;

beforeAll(async () => {
  server = await startS3Server();
  client = new S3Client(s3ClientConfig(server.endpoint));
});

afterAll(async () => {
  client.destroy();
  await server.stop();
});

/** A store whose commands the test sees as they begin: what it throws, they fail with. */
async function newStore(onCommand: (command: string, ordinal: number) => void = () => undefined) {
  const bucket = await createBucket(client);
  const watched = new S3Client(s3ClientConfig(server.endpoint));
  const commands: string[] = [];
  watched.middlewareStack.add(
    (next, context) => (args) => {
      const command = (context.commandName ?? "").replace("Command", "");
      commands.push(command);
      onCommand(command, commands.filter((name) => name === command).length);
      return next(args);
    },
    { step: "initialize" },
  );
  const store = new S3Store({ bucket, client: watched });
  return { store, bucket, commands, manager: new StorageManager({ store }) };
}

async function expectNothingLeft(bucket: string): Promise<void> {
  const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  expect(Contents ?? []).toEqual([]);
  // The emulator refuses to delete a bucket with an unfinished upload; it does not list them.
  await expect(client.send(new DeleteBucketCommand({ Bucket: bucket }))).resolves.toBeDefined();
}

describe("a long stream in S3", () => {
  it("is sent in parts, copied inside of the bucket, and comes back by open and by hydrate", async () => {
    const { manager, commands, store } = await newStore();
    const result = (await manager.dehydrate({ stream: Readable.from([BYTES]) }, { scope: "s" })) as {
      stream: StorageReference;
    };
    const names = [...new Set(commands)];
    expect(names).toEqual([
      "CreateMultipartUpload",
      "UploadPart",
      "CompleteMultipartUpload",
      "CopyObject",
      "DeleteObject",
    ]);
    expect(commands.filter((name) => name === "UploadPart")).toHaveLength(4);
    const paths: string[] = [];
    for await (const { path } of store.list("")) paths.push(path);
    expect(paths).toEqual([result.stream.$storageRef]);
    const chunks: Uint8Array[] = [];
    for await (const chunk of await manager.open(result.stream)) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(BYTES)).toBe(true);
    expect(Buffer.compare((await manager.hydrate<{ stream: Uint8Array }>(result)).stream, BYTES)).toBe(0);
  });

  it("of a Blob is sent in parts to its place at once", async () => {
    const { manager, commands } = await newStore();
    await manager.dehydrate(new Blob([BYTES]), { scope: "s" });
    expect([...new Set(commands)]).toEqual(["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"]);
  });

  it.each([0, 1, PART, 2 * PART + 1, BYTES.byteLength])(
    "that fails after %d bytes leaves no object and no parts",
    async (size) => {
      const { manager, bucket } = await newStore();
      const cause = new Error("the socket broke");
      const error = await failureOf(
        manager.dehydrate([new WatchedStream(BYTES.subarray(0, size), cause)], { scope: "s" }),
      );
      expect(error).toMatchObject({ code: "UNEXPECTED", cause });
      await expectNothingLeft(bucket);
    },
  );

  const steps: [string, number][] = [
    ["CreateMultipartUpload", 1],
    ["UploadPart", 1],
    ["UploadPart", 3],
    ["UploadPart", 4],
    ["CompleteMultipartUpload", 1],
    ["CopyObject", 1],
  ];

  it.each(steps)("leaves no object and no parts when %s %d fails", async (failing, failingOrdinal) => {
    const { manager, bucket } = await newStore((command, ordinal) => {
      if (command !== failing || ordinal !== failingOrdinal) return;
      throw Object.assign(new Error("x"), { name: "SlowDown" });
    });
    const stream = new WatchedStream(BYTES);
    expect((await failureOf(manager.dehydrate({ stream }, { scope: "s" }))).code).toBe("THROTTLED");
    await expectNothingLeft(bucket);
  });

  it.each(steps)("leaves no object and no parts when it is aborted at %s %d", async (at, atOrdinal) => {
    const controller = new AbortController();
    let deleted: () => void = () => undefined;
    const cleanedUp = new Promise<void>((resolve) => (deleted = resolve));
    const { manager, bucket, store } = await newStore((command, ordinal) => {
      if (command === at && ordinal === atOrdinal) controller.abort("enough");
    });
    const remove = store.delete.bind(store);
    store.delete = async (path, options) => {
      await remove(path, options);
      if (path.endsWith(".part")) deleted();
    };
    const stream = new WatchedStream(BYTES);
    const error = await failureOf(manager.dehydrate({ stream }, { scope: "s", signal: controller.signal }));
    expect(error).toMatchObject({ code: "ABORTED", cause: "enough" });
    await cleanedUp; // nobody waits for it but this test
    await expectNothingLeft(bucket);
  });
});

describe("a body that is opened in S3", () => {
  let requests: ServerResponse[];
  let endless: ReturnType<typeof createServer>;
  let manager: StorageManager;
  let store: S3Store;
  const block = someBytes(65_536);
  const size = 1000 * block.byteLength;

  // Sends as long as it is read. Tests end the response as they like.
  beforeEach(async () => {
    requests = [];
    endless = createServer((_request, response) => {
      requests.push(response);
      response.writeHead(200, { "content-length": size, etag: '"a"' });
      response.write(block);
    });
    endless.listen(0, "127.0.0.1");
    await once(endless, "listening");
    const { port } = endless.address() as AddressInfo;
    store = new S3Store({ bucket: randomUUID(), clientConfig: s3ClientConfig(`http://127.0.0.1:${port}`) });
    manager = new StorageManager({ store });
  });

  afterEach(async () => {
    await store.close();
    endless.closeAllConnections();
    endless.close();
  });

  const reference = { ...referenceTo("outputs/s/a.bin", block, "a/b"), $storageSize: size };

  it("is not read further than its reader asks for, and its socket is freed when that is enough", async () => {
    const result = await manager.open(reference);
    const chunk = await result[Symbol.asyncIterator]().next();
    expect(chunk.done).toBe(false);
    const [response] = requests;
    let sent = 0;
    // The kernel takes some; then the server has to wait, though nobody stopped it.
    while (response!.write(block)) sent += block.byteLength;
    expect(sent).toBeLessThan(size);
    const closed = once(response!, "close");
    await result.cancel();
    await closed;
    expect(response!.writableFinished).toBe(false);
  });

  it("frees its socket when it was never read", async () => {
    const result = await manager.open(reference);
    const closed = once(requests[0]!, "close");
    await result.cancel();
    await closed;
    expect(requests).toHaveLength(1);
  });

  it("is ABORTED in the middle, and frees its socket", async () => {
    const controller = new AbortController();
    const result = await manager.open(reference, { signal: controller.signal });
    const iterator = result[Symbol.asyncIterator]();
    await iterator.next();
    const closed = once(requests[0]!, "close");
    const reading = failureOf(readOn(iterator));
    controller.abort("enough");
    expect(await reading).toMatchObject({ code: "ABORTED", cause: "enough" });
    await closed;
  });

  it("fails when the connection ends in the middle", async () => {
    const result = await manager.open(reference);
    const iterator = result[Symbol.asyncIterator]();
    await iterator.next();
    requests[0]!.destroy();
    expect(["UNAVAILABLE", "TIMEOUT"]).toContain((await failureOf(readOn(iterator))).code);
  });
});

async function readOn(iterator: AsyncIterator<Uint8Array>): Promise<void> {
  for (;;) if ((await iterator.next()).done === true) return;
}
