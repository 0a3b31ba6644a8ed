import { createHash, hash } from "node:crypto";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { crc32 } from "node:zlib";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import {
  MemoryStore,
  StorageManager,
  type ObjectInfo,
  type StoreBody,
  type WriteOptions,
} from "../../../../../src/index.js";
import { FakeClock } from "../../../../../src/testing/index.js";
import { knownSha256, withSha256 } from "../../../../../src/store/body.js";
import { ReflectedCrc } from "../../../../../src/store/drivers/s3/crc.js";
import { DirectTransport } from "../../../../../src/store/drivers/s3/direct/transport.js";
import { S3Store } from "../../../../../src/s3.js";
import { failureOf } from "../../../../support/failure.js";
import { s3ClientConfig } from "../../../../fixtures/s3-server.js";

interface Answer {
  statusCode?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

interface SentRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

type Handle = (request: SentRequest, options: { abortSignal?: AbortSignal }) => Promise<unknown>;

function answered({ statusCode = 200, headers = {}, body = Readable.from([]) }: Answer): Promise<unknown> {
  return Promise.resolve({
    response: { statusCode, headers: { etag: '"1"', "content-length": "0", ...headers }, body },
  });
}

function object(text: string, headers: Record<string, string> = {}): Answer {
  return { headers: { "content-length": String(text.length), ...headers }, body: Readable.from([Buffer.from(text)]) };
}

function configOf(handle: Handle, config: S3ClientConfig = {}): S3ClientConfig {
  return { ...s3ClientConfig("http://127.0.0.1:9"), requestHandler: { handle } as never, ...config };
}

function storeOf(handle: Handle): S3Store {
  return new S3Store({ bucket: "bucket", clientConfig: configOf(handle) });
}

/** A handler that gives these answers, and all its requests. */
function handlerOf(...answers: Answer[]): { handle: Handle; requests: SentRequest[] } {
  const requests: SentRequest[] = [];
  const handle: Handle = (request) => {
    requests.push(request);
    return answered(answers[Math.min(requests.length, answers.length) - 1]!);
  };
  return { handle, requests };
}

const ways = (requests: readonly SentRequest[]): string[] =>
  requests.map(({ headers }) => ("amz-sdk-invocation-id" in headers ? "sdk" : "direct"));

describe("an abort", () => {
  const reason = new Error("enough");

  it("before the request is ABORTED, and nothing is sent", async () => {
    const { handle, requests } = handlerOf({});
    await using store = storeOf(handle);
    const error = await failureOf(store.write("a", "x", { signal: AbortSignal.abort(reason) }));
    expect(error).toMatchObject({ code: "ABORTED", cause: reason });
    expect(requests).toEqual([]);
  });

  it.each<[string, (stop: AbortController) => S3ClientConfig]>([
    ["the region", (stop) => ({ region: () => hangs(stop) })],
    ["the credentials", (stop) => ({ credentials: () => hangs(stop) })],
  ])("while %s is awaited is ABORTED, and nothing is sent", async (_name, config) => {
    const stop = new AbortController();
    const { handle, requests } = handlerOf({});
    await using store = new S3Store({ bucket: "bucket", clientConfig: configOf(handle, config(stop)) });
    expect(await failureOf(store.stat("a", { signal: stop.signal }))).toMatchObject({ code: "ABORTED", cause: reason });
    expect(requests).toEqual([]);
  });

  it("while the answer is awaited is ABORTED, heard by the handler, and the SDK does not send anew", async () => {
    const stop = new AbortController();
    let heard = 0;
    let sent = 0;
    const handle: Handle = (_request, { abortSignal }) =>
      new Promise((_resolve, reject) => {
        sent++;
        abortSignal!.addEventListener("abort", () => {
          heard++;
          reject(Object.assign(new Error("Request aborted"), { name: "AbortError" }));
        });
        queueMicrotask(() => stop.abort(reason));
      });
    await using store = storeOf(handle);
    for (const call of [
      () => store.write("a", "x", { signal: stop.signal }),
      () => store.read("a", { signal: stop.signal }),
    ]) {
      expect(await failureOf(call())).toMatchObject({ code: "ABORTED", cause: reason });
    }
    await new Promise(setImmediate);
    expect([sent, heard]).toEqual([1, 1]); // the second call was aborted before it began
  });

  it("while the body of an answer is awaited is ABORTED", async () => {
    const stop = new AbortController();
    const body = new Readable({ read: () => queueMicrotask(() => stop.abort(reason)) });
    const { handle, requests } = handlerOf({ body });
    await using store = storeOf(handle);
    const error = await failureOf(store.write("a", "x", { signal: stop.signal }));
    expect(error).toMatchObject({ code: "ABORTED", cause: reason });
    expect(requests).toHaveLength(1);
    body.destroy();
  });

  it("while a body is read is ABORTED, and frees it", async () => {
    const stop = new AbortController();
    const body = new Readable({ read: () => undefined });
    body.push("0123");
    const { handle } = handlerOf({ headers: { "content-length": "10" }, body });
    await using store = storeOf(handle);
    const result = await store.read("a", { signal: stop.signal });
    const reading = failureOf(result.bytes());
    stop.abort(reason);
    expect(await reading).toMatchObject({ code: "ABORTED", cause: reason });
    await new Promise(setImmediate);
    expect(body.destroyed).toBe(true);
  });

  it("gives a body free that comes too late", async () => {
    const stop = new AbortController();
    const body = new Readable({ read: () => undefined });
    let answer: (value: unknown) => void = () => undefined;
    const late = new Promise((resolve) => (answer = resolve));
    await using store = storeOf(() => late);
    const reading = failureOf(store.read("a", { signal: stop.signal }));
    await new Promise(setImmediate);
    stop.abort(reason);
    expect(await reading).toMatchObject({ code: "ABORTED" });
    answer(await answered({ headers: { "content-length": "10" }, body }));
    await new Promise(setImmediate);
    expect(body.destroyed).toBe(true);
  });

  function hangs(stop: AbortController): Promise<never> {
    queueMicrotask(() => stop.abort(reason));
    return new Promise(() => undefined);
  }
});

describe("a server that is busy", () => {
  function transportOf(statusCode: number, clock: FakeClock): DirectTransport {
    const { handle } = handlerOf({ statusCode });
    const client = new S3Client(configOf(handle));
    return new DirectTransport(client, "bucket", {}, { clock, random: () => 0.5 });
  }

  it.each([429, 503])("with %i is left alone for a while before the SDK's turn", async (status) => {
    const clock = new FakeClock();
    let answer: unknown = "none";
    const asked = transportOf(status, clock)
      .ask("HeadObject", { Bucket: "bucket", Key: "a" })
      .then((value) => (answer = value));
    while (clock.pending === 0) await new Promise(setImmediate);
    await clock.advance(99);
    expect(answer).toBe("none");
    await clock.advance(1);
    await asked;
    expect(answer).toBe("unanswered");
  });

  it("is not waited for after an abort", async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const asked = transportOf(503, clock).ask("HeadObject", { Bucket: "bucket", Key: "a" }, undefined, stop.signal);
    while (clock.pending === 0) await new Promise(setImmediate);
    stop.abort(new Error("enough"));
    await expect(asked).rejects.toThrow();
    expect(clock.pending).toBe(0);
  });

  it("is not waited for when it failed otherwise", async () => {
    const asked = transportOf(500, new FakeClock()).ask("HeadObject", { Bucket: "bucket", Key: "a" });
    await expect(asked).resolves.toBe("unanswered");
  });
});

describe("the bytes of a write", () => {
  const BYTES = Buffer.from("content");
  const SHA = hash("sha256", BYTES, "buffer");

  async function hashesOf(body: Uint8Array | string): Promise<(string | undefined)[]> {
    const { handle, requests } = handlerOf({});
    await using store = storeOf(handle);
    await store.write("a", body);
    expect(ways(requests)).toEqual(["direct"]);
    const [{ headers }] = requests as [SentRequest];
    return [headers["x-amz-content-sha256"], headers["x-amz-checksum-sha256"]];
  }

  it("are hashed for what S3 compares them with", async () => {
    for (const body of [BYTES, "content"]) {
      await expect(hashesOf(body)).resolves.toEqual([SHA.toString("hex"), SHA.toString("base64")]);
    }
    const none = createHash("sha256").digest();
    await expect(hashesOf("")).resolves.toEqual([none.toString("hex"), none.toString("base64")]);
  });

  it("are not hashed where their SHA-256 is known", async () => {
    const said = Buffer.alloc(32, 7); // nobody would come to this
    await expect(hashesOf(withSha256(BYTES, said))).resolves.toEqual([said.toString("hex"), said.toString("base64")]);
    await expect(hashesOf(BYTES)).resolves.toEqual([SHA.toString("hex"), SHA.toString("base64")]); // it was a view of them
  });

  it("come from a manager with their SHA-256", async () => {
    const written: [path: string, isKnown: boolean | undefined][] = [];
    class WatchedStore extends MemoryStore {
      override write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
        const bytes = body as Uint8Array;
        written.push([path, knownSha256(bytes)?.equals(hash("sha256", bytes, "buffer"))]);
        return super.write(path, body, options);
      }
    }
    const manager = new StorageManager({ store: new WatchedStore() });
    const bytes = Buffer.alloc(300_000, 7);
    const texts = ["a", "b", "c"].map((letter) => letter.repeat(2_000));
    await manager.dehydrate({ bytes, text: "x".repeat(300_000), texts });
    expect(written).toHaveLength(3); // one of its own for each of the large ones, a pack for the others
    expect(written.map(([, isKnown]) => isKnown)).toEqual([true, true, true]);
    expect(knownSha256(bytes)).toBeUndefined(); // which are the caller's, and may change
    await manager.close();
  });

  it("are sent again by the SDK when the connection breaks, with their SHA-256", async () => {
    const requests: SentRequest[] = [];
    const handle: Handle = (request) => {
      requests.push(request);
      return requests.length === 1 ? Promise.reject(new Error("broken")) : answered({});
    };
    await using store = storeOf(handle);
    await expect(store.write("a", withSha256(BYTES, SHA))).resolves.toMatchObject({ size: 7 });
    expect(ways(requests)).toEqual(["direct", "sdk"]);
    expect(requests[1]!.headers["x-amz-checksum-sha256"]).toBe(SHA.toString("base64"));
  });
});

describe("the body of a read", () => {
  const TEXT = "123456789";
  const crcOf = (name: "crc32c" | "crc64nvme"): string => {
    const crc = new ReflectedCrc(name);
    for (const part of ["1234", "", "56789"]) crc.update(Buffer.from(part));
    return crc.digest().toString("base64");
  };
  const crc32Of = (): string => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(TEXT));
    return bytes.toString("base64");
  };
  // What the catalogue of CRC algorithms gives as the check of these, and what OpenSSL makes of the others.
  const RIGHT: [string, string][] = [
    ["crc32", Buffer.from("cbf43926", "hex").toString("base64")],
    ["crc32c", Buffer.from("e3069283", "hex").toString("base64")],
    ["crc64nvme", Buffer.from("ae8b14860a799888", "hex").toString("base64")],
    ["sha1", hash("sha1", TEXT, "base64")],
    ["sha256", hash("sha256", TEXT, "base64")],
  ];

  it("has checksums as they are published", () => {
    expect(crcOf("crc32c")).toBe(RIGHT[1]![1]);
    expect(crcOf("crc64nvme")).toBe(RIGHT[2]![1]);
    expect(crc32Of()).toBe(RIGHT[0]![1]);
  });

  it.each(RIGHT)("is compared with its %s, and is INTEGRITY where it differs", async (algorithm, right) => {
    const wrong = `${right.startsWith("A") ? "B" : "A"}${right.slice(1)}`;
    for (const [expected, isRight] of [
      [right, true],
      [wrong, false],
    ] as const) {
      const { handle, requests } = handlerOf(object(TEXT, { [`x-amz-checksum-${algorithm}`]: expected }));
      await using store = storeOf(handle);
      const reading = (await store.read("a")).bytes();
      if (isRight) expect(Buffer.from(await reading).toString()).toBe(TEXT);
      else expect(await failureOf(reading)).toMatchObject({ code: "INTEGRITY", path: "a", operation: "read" });
      expect(ways(requests)).toEqual(["direct"]);
      expect(requests[0]!.headers["x-amz-checksum-mode"]).toBe("ENABLED");
    }
  });

  it("whose checksum nobody here can make is the SDK's", async () => {
    const bodies = [object(TEXT, { "x-amz-checksum-new": "AAAA" }), object(TEXT)] as const;
    const { handle, requests } = handlerOf(...bodies);
    await using store = storeOf(handle);
    expect(Buffer.from(await (await store.read("a")).bytes()).toString()).toBe(TEXT);
    expect(ways(requests)).toEqual(["direct", "sdk"]);
    expect((bodies[0].body as Readable).destroyed).toBe(true);
  });

  it("may come from a handler that answers with web streams, and headers as it likes", async () => {
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(Buffer.from(TEXT));
        controller.close();
      },
    });
    const headers = { "Content-Length": "9", ETag: '"1"', "X-Amz-Meta-A": "b" };
    const { handle, requests } = handlerOf({ headers, body });
    await using store = storeOf(handle);
    const result = await store.read("a");
    expect(result.info).toMatchObject({ size: 9, etag: '"1"', metadata: { a: "b" } });
    expect(Buffer.from(await result.bytes()).toString()).toBe(TEXT);
    expect(ways(requests)).toEqual(["direct"]);
  });
});

describe("an answer that makes no sense", () => {
  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["no response", {}],
    ["no status", { response: { headers: {} } }],
    ["no headers", { response: { statusCode: 200 } }],
    ["a body of an unknown kind", { response: { statusCode: 200, headers: {}, body: 7 } }],
  ])("is the SDK's to judge: %s", async (_name, answer) => {
    const seen: SentRequest[] = [];
    await using store = storeOf((request) => {
      seen.push(request);
      return seen.length === 1 ? Promise.resolve(answer) : answered({ statusCode: 204 });
    });
    await store.delete("a");
    expect(ways(seen)).toEqual(["direct", "sdk"]);
  });

  it("is not read without end", async () => {
    let read = 0;
    const body = new Readable({
      read() {
        read += 16_384;
        this.push(Buffer.alloc(16_384));
      },
    });
    const { handle, requests } = handlerOf({ statusCode: 500, body }, { statusCode: 204 });
    await using store = storeOf(handle);
    await store.delete("a");
    expect(ways(requests)).toEqual(["direct", "sdk"]);
    expect(body.destroyed).toBe(true);
    expect(read).toBeLessThan(1_000_000);
  });
});

it("never tells of credentials", async () => {
  const secrets = { accessKeyId: "AKIASECRET", secretAccessKey: "SECRETKEY", sessionToken: "SECRETTOKEN" };
  for (const statusCode of [403, 404, 500]) {
    const body = `<Error><Code>X</Code><Message>AKIASECRET</Message></Error>`;
    const handle: Handle = () => answered({ statusCode, body: Readable.from([Buffer.from(body)]) });
    await using store = new S3Store({ bucket: "bucket", clientConfig: configOf(handle, { credentials: secrets }) });
    const error = (await failureOf(store.read("a"))) as Error;
    const shown = [error, error.cause]
      .map((part) => `${String(part)}${JSON.stringify(part)}${(part as Error).stack}`)
      .join();
    expect(shown).not.toMatch(/SECRET/);
  }
});
