import crypto, { hash } from "node:crypto";
import { Readable } from "node:stream";
import { StorageError, StorageManager, withTimeout, type ReadOptions, type ReadResult } from "../../../../src/index.js";
import { S3Store } from "../../../../src/s3.js";
import { WHOLE_READS } from "../../../../src/store/whole-reads.js";
import { s3ClientConfig } from "../../../fixtures/s3-server.js";
import { failureOf } from "../../../support/failure.js";
import { turn } from "../../../support/turn.js";

interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

const PAYLOAD = { note: "x".repeat(5000) };

/** A server in this process that keeps objects, and gives its bodies as the test says. */
class Server {
  readonly objects = new Map<string, { readonly bytes: Uint8Array; readonly sha256: string }>();
  gets = 0;
  bodyOf: (bytes: Uint8Array) => Readable = (bytes) => Readable.from([Buffer.from(bytes)]);
  headers: (own: Record<string, string>) => Record<string, string> = (own) => own;

  readonly handle = ({ method, path, headers, body }: SentRequest) => {
    if (method === "PUT") {
      this.objects.set(path, { bytes: body!, sha256: headers["x-amz-checksum-sha256"]! });
      return answer(200, { "content-length": "0" }, Readable.from([]));
    }
    this.gets++;
    const { bytes, sha256 } = this.objects.get(path)!;
    const own = { "content-length": String(bytes.byteLength), "x-amz-checksum-sha256": sha256 };
    return answer(200, this.headers(own), this.bodyOf(bytes));
  };

  get options() {
    const clientConfig = { ...s3ClientConfig("http://127.0.0.1:9"), requestHandler: { handle: this.handle } as never };
    return { bucket: "bucket", clientConfig };
  }
}

function answer(statusCode: number, headers: Record<string, string>, body: Readable) {
  return Promise.resolve({ response: { statusCode, headers: { etag: '"e"', ...headers }, body } });
}

async function dehydrated(server: Server, payload: unknown = PAYLOAD): Promise<unknown> {
  return new StorageManager({ store: new S3Store(server.options) }).dehydrate(payload, { scope: "s" });
}

describe("an object of S3 that is hydrated", () => {
  it("comes as bytes, without a stream and an iterator", async () => {
    const server = new Server();
    const iterators = jest.spyOn(Readable.prototype, Symbol.asyncIterator);
    const manager = new StorageManager({ store: new S3Store(server.options) });
    await expect(manager.hydrate(await dehydrated(server))).resolves.toEqual(PAYLOAD);
    expect(iterators).not.toHaveBeenCalled();
    expect(server.gets).toBe(1);
    iterators.mockRestore();
  });

  it("is hashed once, for the digest of the reference and the checksum of the server", async () => {
    const server = new Server();
    const message = await dehydrated(server);
    const [{ bytes }] = server.objects.values() as unknown as [{ bytes: Uint8Array }];
    const hashes = jest.spyOn(crypto, "hash");
    await new StorageManager({ store: new S3Store(server.options) }).hydrate(message);
    const ofBody = hashes.mock.calls.filter(
      ([, data]) => typeof data !== "string" && Buffer.compare(bytes, data as Uint8Array) === 0,
    );
    hashes.mockRestore();
    expect(ofBody).toHaveLength(1);
  });

  it("is read by the method of a class derived from S3Store", async () => {
    const server = new Server();
    const message = await dehydrated(server);
    const read: string[] = [];
    class Watched extends S3Store {
      override read(path: string, options?: ReadOptions): Promise<ReadResult> {
        read.push(path);
        return super.read(path, options);
      }
    }
    const manager = new StorageManager({ store: new Watched(server.options) });
    await expect(manager.hydrate(message)).resolves.toEqual(PAYLOAD);
    expect(read).toHaveLength(1);
  });

  it("is read by a method that was put in place of the store's own", async () => {
    const server = new Server();
    const message = await dehydrated(server);
    const store = new S3Store(server.options);
    const read = jest.spyOn(store, "read");
    await expect(new StorageManager({ store }).hydrate(message)).resolves.toEqual(PAYLOAD);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it("is read by the layers above the store, which keep what they promise", async () => {
    const server = new Server();
    const message = await dehydrated(server);
    const layered = withTimeout(new S3Store(server.options), { timeout: 20 });
    expect(WHOLE_READS.of(layered)).toBeUndefined();
    server.bodyOf = () => new Readable({ read: () => undefined });
    const error = await failureOf(new StorageManager({ store: layered }).hydrate(message));
    expect(error).toMatchObject({ code: "TIMEOUT" });
  });

  it("is asked for once by two that want it at a time, also when the first gives up", async () => {
    const server = new Server();
    const message = await dehydrated(server);
    const bodies: Readable[] = [];
    server.bodyOf = () => {
      const body = new Readable({ read: () => undefined });
      bodies.push(body);
      return body;
    };
    const manager = new StorageManager({ store: new S3Store(server.options) });
    const stop = new AbortController();
    const first = failureOf(manager.hydrate(message, { signal: stop.signal }));
    const second = manager.hydrate(message);
    await turn();
    stop.abort("enough");
    expect(await first).toMatchObject({ code: "ABORTED", cause: "enough" });
    const [{ bytes }] = server.objects.values() as unknown as [{ bytes: Uint8Array }];
    bodies[0]!.push(bytes);
    bodies[0]!.push(null);
    await expect(second).resolves.toEqual(PAYLOAD);
    expect(server.gets).toBe(1);
  });

  it("frees its body when all that wanted it have given up", async () => {
    const server = new Server();
    const message = await dehydrated(server);
    const body = new Readable({ read: () => undefined });
    server.bodyOf = () => body;
    const manager = new StorageManager({ store: new S3Store(server.options) });
    const stop = new AbortController();
    const hydrating = failureOf(manager.hydrate(message, { signal: stop.signal }));
    await turn();
    body.push("{");
    stop.abort("enough");
    expect(await hydrating).toMatchObject({ code: "ABORTED", cause: "enough" });
    await turn();
    expect(body.destroyed).toBe(true);
  });
});

describe("what S3 sends of an object that is taken whole", () => {
  const TEXT = '{"contentType":"json","data":[1,2,3]}';
  const TEXT_SHA = hash("sha256", TEXT, "base64");

  function read(chunks: Iterable<unknown> | Readable, headers: Record<string, string> = {}, onLength = jest.fn()) {
    const server = new Server();
    server.objects.set("/bucket/a", { bytes: Buffer.from(TEXT), sha256: TEXT_SHA });
    server.headers = (own) =>
      Object.fromEntries(Object.entries({ ...own, ...headers }).filter(([, value]) => value !== ""));
    server.bodyOf = () => (chunks instanceof Readable ? chunks : Readable.from(chunks));
    const store = new S3Store(server.options);
    return WHOLE_READS.of(store)!.readWhole("a", {}, onLength);
  }

  const parts = (text: string): Buffer[] => [Buffer.from(text.slice(0, 5)), Buffer.from(text.slice(5))];

  it.each([
    ["at once", [Buffer.from(TEXT)]],
    ["in chunks", parts(TEXT)],
  ])("comes whole, with the SHA-256 that it was compared by, %s", async (_name, chunks) => {
    const { bytes, sha256 } = await read(chunks);
    expect(Buffer.from(bytes).toString()).toBe(TEXT);
    expect(sha256?.toString("base64")).toBe(TEXT_SHA);
  });

  it.each<[string, Record<string, string>]>([
    ["with the server's", { "x-amz-checksum-sha256": hash("sha256", Buffer.alloc(3 << 20, "x"), "base64") }],
    ["without one of the server's", { "x-amz-checksum-sha256": "" }],
  ])("is hashed as it comes where it is large, %s", async (_name, headers) => {
    const large = Buffer.alloc(3 << 20, "x");
    const chunks = [large.subarray(0, 1 << 20), large.subarray(1 << 20)];
    const { bytes, sha256 } = await read(chunks, { ...headers, "content-length": String(large.byteLength) });
    expect(large.equals(bytes)).toBe(true);
    expect(sha256).toEqual(hash("sha256", large, "buffer"));
  });

  it("is told how long it is before any of it is kept, and nothing of it when that is too much", async () => {
    const body = new Readable({ read: () => undefined });
    const tooMuch = new StorageError("BUDGET_EXCEEDED", "too much");
    const lengths: number[] = [];
    const error = await failureOf(
      read(
        body,
        {},
        jest.fn((length: number) => {
          lengths.push(length);
          throw tooMuch;
        }),
      ),
    );
    expect(error).toBe(tooMuch);
    expect(lengths).toEqual([TEXT.length]);
    expect(body.destroyed).toBe(true);
  });

  it.each<[string, unknown[], Record<string, string>, string]>([
    ["is cut short", [Buffer.from(TEXT.slice(0, -1))], {}, "UNAVAILABLE"],
    ["is nothing", [], {}, "UNAVAILABLE"],
    ["is longer", [Buffer.from(`${TEXT} `)], {}, "UNAVAILABLE"],
    ["is longer by a chunk", [...parts(TEXT), Buffer.from(" ")], {}, "UNAVAILABLE"],
    ["is another by its SHA-256", parts(TEXT.replace("2", "4")), {}, "INTEGRITY"],
    [
      "is another by its CRC-32",
      parts(TEXT),
      { "x-amz-checksum-sha256": "", "x-amz-checksum-crc32": "AAAAAA==" },
      "INTEGRITY",
    ],
    ["is no bytes", [{ length: TEXT.length }], {}, "UNEXPECTED"],
    ["is longer than memory", parts(TEXT), { "content-length": "999999999999999" }, "UNEXPECTED"],
  ])("is refused when it %s", async (_name, chunks, headers, code) => {
    const body = Readable.from(chunks);
    const error = await failureOf(read(body, headers));
    expect(error).toMatchObject({ code, operation: "read", store: "s3", path: "a" });
    expect(body.destroyed).toBe(true);
  });

  it.each([
    ["breaks", new Error("reset")],
    ["ends without a word", undefined],
  ])("is UNAVAILABLE or UNEXPECTED when it %s", async (_name, failure) => {
    const body = new Readable({ read: () => undefined });
    body.push(TEXT.slice(0, 5));
    const reading = failureOf(read(body));
    await turn();
    body.destroy(failure);
    expect((await reading).code).toBe(failure === undefined ? "UNAVAILABLE" : "UNEXPECTED");
  });
});
