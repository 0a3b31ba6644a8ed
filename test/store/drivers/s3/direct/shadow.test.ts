import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { S3Store, type S3StoreOptions } from "../../../../../src/s3.js";
import { sha256Digest } from "../../../../../src/bytes/digest.js";
import { isStorageError } from "../../../../../src/errors/error.js";
import { FaultProxy, type Fault } from "../../../../fixtures/fault-proxy.js";
import { createBucket, s3ClientConfig, startS3Server, type S3Server } from "../../../../fixtures/s3-server.js";
import {
  s3Error,
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
} from "../../../../fixtures/scripted-server.js";

// The same calls by both ways: what they bring, and what they say when they fail, is the same.

const TRANSPORTS = ["direct", "sdk"] as const;
type Transport = (typeof TRANSPORTS)[number];

const WHEN_REQUIRED = {
  requestChecksumCalculation: "WHEN_REQUIRED",
  responseChecksumValidation: "WHEN_REQUIRED",
} as const;
// The exact types of the SDK have no word for it.
const ON_AWS = { endpoint: undefined } as object as S3ClientConfig;
const ACCESS_POINT = "arn:aws:s3:us-east-1:123456789012:accesspoint/point";

type Call = (store: S3Store) => Promise<unknown>;

let scripted: ScriptedServer;

beforeAll(async () => {
  scripted = await startScriptedServer();
});

afterAll(() => scripted.stop());

function storeAt(endpoint: string, transport: Transport, options: Partial<S3StoreOptions> = {}): S3Store {
  const { clientConfig, ...others } = options;
  return new S3Store({
    bucket: "bucket",
    transport,
    clientConfig: s3ClientConfig(endpoint, clientConfig),
    capability: { deleteIfMatch: true },
    ...others,
  });
}

/** What came of a call, to compare. */
async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return { result: await call };
  } catch (error) {
    if (!isStorageError(error)) throw error;
    const { code, message, retryable, operation, store, path } = error;
    const {
      name,
      httpStatus,
      requestId,
      extendedRequestId,
      attempts,
      code: errno,
    } = (error.cause ?? {}) as Record<string, unknown>;
    return {
      code,
      message,
      retryable,
      operation,
      store,
      path,
      cause: { name, httpStatus, requestId, extendedRequestId, attempts, errno },
    };
  }
}

// A connection may break at one moment or another.
async function codeOf(call: Promise<unknown>): Promise<unknown> {
  const { code, operation, path, retryable } = (await outcomeOf(call)) as Record<string, unknown>;
  return { code, operation, path, retryable };
}

async function read(store: S3Store, path: string, range = {}): Promise<unknown> {
  const result = await store.read(path, range);
  return { info: result.info, bytes: Buffer.from(await result.bytes()).toString("latin1") };
}

const CALLS: Record<string, Call> = {
  write: (store) => store.write("a", "xyz", { contentType: "a/b", metadata: { a: "1" } }),
  "write if absent": (store) => store.write("a", "xyz", { ifNoneMatch: "*" }),
  "write if it is the same": (store) => store.write("a", "xyz", { ifMatch: '"1"' }),
  read: (store) => read(store, "a"),
  "read a range": (store) => read(store, "a", { offset: 1, length: 3 }),
  "read to the end": (store) => read(store, "a", { offset: 4 }),
  stat: (store) => store.stat("a"),
  delete: (store) => store.delete("a"),
  "delete if it is the same": (store) => store.delete("a", { ifMatch: '"1"' }),
};

describe("what a server answers", () => {
  let direct: S3Store;
  let sdk: S3Store;

  beforeAll(() => {
    direct = storeAt(scripted.endpoint, "direct");
    sdk = storeAt(scripted.endpoint, "sdk");
  });

  afterAll(() => Promise.all([direct.close(), sdk.close()]));

  const date = "Sun, 06 Nov 1994 08:49:37 GMT";
  const described = {
    etag: '"1"',
    "last-modified": date,
    "content-type": "a/b",
    "x-amz-meta-a": " 1 ",
    "x-amz-meta-b-c": "ü",
  };
  const answers: Record<string, ScriptedAnswer> = {
    "an object": { status: 200, headers: described, body: "0123456789" },
    "an object of unknown length": { status: 200, headers: described, body: "0123456789", chunked: true },
    "a range": { status: 206, headers: { ...described, "content-range": "bytes 1-3/10" }, body: "123" },
    "the end": { status: 206, headers: { ...described, "content-range": "bytes 4-9/10" }, body: "456789" },
    "an object with a date of another kind": { status: 200, headers: { ...described, "last-modified": "1994-11-06" } },
    "an object with half a date": {
      status: 200,
      headers: { ...described, "last-modified": "Sunday, 06-Nov-94 08:49:37 GMT" },
    },
    nothing: { status: 204 },
    "nothing, well": { status: 200, headers: { etag: '"1"' } },
    "a part, in whole": { status: 202, headers: { etag: '"1"' } },
    "a page": { status: 200, headers: { "content-type": "text/html" }, body: "<html>" },
    "a page with an etag": { status: 200, headers: { "content-type": "text/html", etag: '"1"' }, body: "<html>" },
    "not found, in HTML": { status: 404, headers: { "content-type": "text/html" }, body: "<html>404</html>" },
    "not found, without a word": { status: 404 },
    "not modified": { status: 304 },
    "a redirect to nowhere": { status: 302, headers: { location: "http://127.0.0.1:1/" } },
    "a wrong checksum": {
      status: 200,
      headers: { ...described, "x-amz-checksum-crc32": "AAAAAA==" },
      body: "0123456789",
    },
    "another wrong checksum": {
      status: 200,
      headers: { ...described, "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=" },
      body: "0123456789",
    },
    "an empty checksum": {
      status: 200,
      headers: { ...described, "x-amz-checksum-crc32": "" },
      body: "0123456789",
    },
    "a checksum of parts": {
      status: 200,
      headers: { ...described, "x-amz-checksum-crc32": "AAAAAA==-2" },
      body: "0123456789",
    },
  };
  const refusals: [number, string][] = [
    [200, "InternalError"], // the server had begun its response before it failed
    [200, "SlowDown"],
    [404, "NoSuchKey"],
    [404, "NoSuchBucket"],
    [404, "SomethingNew"],
    [409, "ConditionalRequestConflict"],
    [409, "SomethingNew"],
    [412, "PreconditionFailed"],
    [416, "InvalidRange"],
    [400, "ExpiredToken"],
    [400, "BadDigest"],
    [403, "AccessDenied"],
    [405, "MethodNotAllowed"],
    [500, "InternalError"],
    [503, "SlowDown"],
  ];
  for (const [status, code] of refusals) answers[`${status} ${code}`] = s3Error(status, code);

  it.each(Object.entries(answers))("is taken for the same by both ways: %s", async (_name, answer) => {
    scripted.script = [answer];
    await Promise.all(
      Object.entries(CALLS).map(async ([name, call]) => {
        const [seen, expected] = await Promise.all([outcomeOf(call(direct)), outcomeOf(call(sdk))]);
        expect([name, seen]).toEqual([name, expected]);
      }),
    );
  });
});

describe("a request", () => {
  const BYTES = Buffer.from("content");
  const requests: Record<string, Call> = {
    ...CALLS,
    "write with all that there is": (store) =>
      store.write("a b/ü+%!'()*", BYTES, {
        size: 7,
        digest: sha256Digest(BYTES),
        contentType: "text/plain; charset=utf-8",
        metadata: { one: "a  b" },
        ifMatch: '"1"',
      }),
    "read nothing": (store) => store.read("a", { length: 0 }),
  };

  interface Sent {
    method: string;
    protocol: string;
    hostname: string;
    port?: number;
    path: string;
    query: Record<string, string>;
    headers: Record<string, string>;
    body?: Uint8Array;
  }

  async function sentBy(transport: Transport, options: Partial<S3StoreOptions> = {}): Promise<Sent[]> {
    const sent: Sent[] = [];
    const requestHandler = {
      handle: (request: Sent) => {
        const headers = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]);
        sent.push({ ...request, headers: Object.fromEntries(headers) as Sent["headers"] });
        const answer = { statusCode: 200, headers: { etag: '"1"', "content-length": "0" }, body: Readable.from([]) };
        return Promise.resolve({ response: answer });
      },
    };
    const clientConfig = { requestHandler: requestHandler as never, ...options.clientConfig };
    await using store = storeAt("http://127.0.0.1:9", transport, { ...options, clientConfig });
    for (const [index, call] of Object.values(requests).entries()) {
      const outcome = await outcomeOf(call(store));
      expect([outcome, sent.length]).toEqual([outcome, index + 1]);
    }
    for (const { headers } of sent) expect("amz-sdk-invocation-id" in headers).toBe(transport === "sdk");
    return sent;
  }

  // What is of one request alone, or of the SDK's retries; that the checksum is another one where no digest is given.
  const OF_ITS_OWN =
    /^(authorization|x-amz-date|amz-sdk-.*|x-amz-user-agent|user-agent|x-amz-checksum-(crc32|sha256)|x-amz-sdk-checksum-algorithm)$/;

  it.each<[string, Partial<S3StoreOptions>]>([
    ["as it comes", {}],
    ["encrypted, under a prefix", { sse: "kms", kmsKeyId: "arn:aws:kms:x", prefix: "p q/ü" }],
    ["encrypted by S3", { sse: "s3" }],
    [
      "with a session",
      { clientConfig: { credentials: { accessKeyId: "A", secretAccessKey: "B", sessionToken: "C=" } } },
    ],
    ["for a server that knows no checksums", { clientConfig: WHEN_REQUIRED }],
    ["by the name of the host", { clientConfig: { forcePathStyle: false, endpoint: "https://s3.example.com/base" } }],
    ["to AWS", { clientConfig: { ...ON_AWS, region: "eu-west-3", forcePathStyle: false } }],
    ["to AWS, over two protocols", { clientConfig: { ...ON_AWS, useDualstackEndpoint: true } }],
    ["to AWS, to a bucket with dots", { bucket: "a.b", clientConfig: { ...ON_AWS, forcePathStyle: false } }],
    ["to an access point", { bucket: ACCESS_POINT, clientConfig: { ...ON_AWS, forcePathStyle: false } }],
  ])("says the same: %s", async (_name, options) => {
    const [direct, sdk] = await Promise.all([sentBy("direct", options), sentBy("sdk", options)]);
    const shared = ({ headers, query, ...request }: Sent): unknown => ({
      ...request,
      query: { ...query },
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_ITS_OWN.test(name))),
    });
    expect(direct.map(shared)).toEqual(sdk.map(shared));
  });

  it("has the SHA-256 of a body as its checksum, unless the server knows none", async () => {
    const checksumsOf = (sent: Sent[]) => sent.flatMap(({ headers }) => headers["x-amz-checksum-sha256"] ?? []);
    const sha = (text: string) => createHash("sha256").update(text).digest("base64");
    const expected = [...Array.from({ length: 3 }, () => sha("xyz")), sha("content")];
    expect(checksumsOf(await sentBy("direct"))).toEqual(expected);
    expect(checksumsOf(await sentBy("direct", { clientConfig: WHEN_REQUIRED }))).toEqual([]);
  });

  it("has all in its signature that S3 goes by", async () => {
    for (const { headers } of await sentBy("direct", { sse: "s3" })) {
      const signed = /SignedHeaders=([^,]+)/.exec(headers["authorization"]!)![1]!.split(";");
      const open = Object.keys(headers).filter((name) => !signed.includes(name));
      expect(open.sort()).toEqual(["authorization", "user-agent"]);
    }
  });

  it("names the SDK as its sender, as the SDK does", async () => {
    const clientConfig = { customUserAgent: "mine/1.0", userAgentAppId: "app" };
    const agentsOf = async (transport: Transport): Promise<string[]> => {
      const [{ headers }] = (await sentBy(transport, { clientConfig })) as [Sent];
      return headers["user-agent"]!.replace(/ m\/\S+/, "")
        .split(" ")
        .sort();
    };
    expect(await agentsOf("direct")).toEqual(await agentsOf("sdk"));
  });
});

describe("an emulator", () => {
  let server: S3Server;
  let proxy: FaultProxy;
  let bucket: string;

  beforeAll(async () => {
    server = await startS3Server();
    proxy = await FaultProxy.start(server.endpoint);
    const client = new S3Client(s3ClientConfig(server.endpoint));
    bucket = await createBucket(client);
    client.destroy();
  });

  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });

  it("is asked the same, and gives the same", async () => {
    const paths = ["a", "a b", "ü/ß", "+%2F%", "!'()*~", "日本/🧥", "a/b/c.json"];
    const seen: unknown[][] = [];
    for (const transport of TRANSPORTS) {
      await using store = storeAt(server.endpoint, transport, { bucket, prefix: `${transport}-prefix` });
      const outcomes: unknown[] = [];
      for (const [index, path] of paths.entries()) {
        const body = Buffer.alloc(index * 1000, path);
        const options = { contentType: "text/x", metadata: { name: String(index) } };
        const steps: Call[] = [
          () => store.write(path, body, options),
          () => store.stat(path),
          () => read(store, path),
          () => read(store, path, { offset: 1, length: 7 }),
          () => read(store, path, { offset: 10_000 }),
          () => store.delete(path),
          () => store.stat(path),
          () => read(store, path),
        ];
        for (const step of steps) outcomes.push(await outcomeOf(step(store)));
      }
      seen.push(outcomes);
    }
    const plain = (outcomes: unknown): unknown =>
      JSON.parse(JSON.stringify(outcomes), (key, value: unknown) =>
        /^lastModified$|equestId$/.test(key) ? undefined : value,
      );
    expect(plain(seen[0])).toEqual(plain(seen[1]));
  });

  it.each<[string, Fault]>([
    ["refuses", { refuse: true }],
    ["resets before the answer", { toServer: { resetAfter: 10 } }],
    ["resets in the answer", { toClient: { resetAfter: 20 } }],
    ["ends before the answer", { toClient: { endAfter: 0 } }],
  ])("that %s fails alike", async (_name, fault) => {
    const seen: unknown[][] = [];
    for (const transport of TRANSPORTS) {
      await using store = storeAt(proxy.endpoint, transport, { bucket });
      proxy.fault = fault;
      const outcomes = await Promise.all(Object.values(CALLS).map((call) => codeOf(call(store))));
      proxy.fault = {};
      expect(await outcomeOf(store.write("after", "x"))).toMatchObject({ result: { size: 1 } });
      seen.push(outcomes);
    }
    expect(seen[0]).toEqual(seen[1]);
  });
});
