import { once } from "node:events";
import { createServer, type AddressInfo, type Server } from "node:net";
import { Writable } from "node:stream";
import { inspect } from "node:util";
import { S3Client } from "@aws-sdk/client-s3";
import { pino } from "pino";
import { AzureStore } from "../../src/azure.js";
import { type StorageError, isStorageError } from "../../src/errors/error.js";
import { GcsStore } from "../../src/gcs.js";
import {
  FailoverStore,
  ReplicatedStore,
  StorageManager,
  withFeatures,
  withRetry,
  type Store,
} from "../../src/index.js";
import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { RedisStore } from "../../src/redis.js";
import { S3Store } from "../../src/s3.js";
import { FaultProxy } from "../fixtures/fault-proxy.js";
import { createBucket, s3ClientConfig, startS3Server, type S3Server } from "../fixtures/s3-server.js";
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from "../fixtures/scripted-server.js";
import { CANARY, leaksOf } from "../support/canary.js";
import { failureOf, thrownBy } from "../support/failure.js";

const credentials = { accessKeyId: `AKIA${CANARY}`, secretAccessKey: CANARY, sessionToken: CANARY };
const accountKey = Buffer.from(CANARY.repeat(4)).subarray(0, 64).toString("base64");

let scripted: ScriptedServer;
beforeAll(async () => {
  scripted = await startScriptedServer();
});
afterAll(() => scripted.stop());

/** Answers as services do that say too much: with the request in the answer. */
function indiscreet(status: number, code: string): ScriptedAnswer {
  const said = `The request of ${CANARY} with Authorization: AWS4-HMAC-SHA256 Credential=${CANARY}`;
  const xml =
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${said}</Message>` +
    `<AWSAccessKeyId>${CANARY}</AWSAccessKeyId><StringToSign>${CANARY}</StringToSign>` +
    `<AuthenticationErrorDetail>${CANARY}</AuthenticationErrorDetail></Error>`;
  return {
    status,
    headers: { "content-type": "application/xml", "x-amz-request-id": "ID", "x-ms-error-code": code, "x-echo": CANARY },
    body: xml,
  };
}

/** Everything that can be asked of a store, with a secret in what is written. */
const CALLS: [string, (store: Store) => Promise<unknown>][] = [
  ["write", (store) => store.write("path", CANARY, { metadata: { note: CANARY } })],
  ["write of a stream", (store) => store.write("path", chunks())],
  ["read", async (store) => (await store.read("path")).bytes()],
  ["stat", (store) => store.stat("path")],
  ["delete", (store) => store.delete("path")],
  ["list", (store) => store.list("")[Symbol.asyncIterator]().next()],
  ["copy", (store) => store.copy("path", "other")],
];

async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
  await Promise.resolve();
  for (let i = 0; i < 3; i++) yield Buffer.from(CANARY);
}

/** Makes every call, and looks at what it fails with. */
async function expectSilence(store: Store): Promise<void> {
  const codes: string[] = [];
  for (const [name, call] of CALLS) {
    const error: unknown = await call(store).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error === undefined) continue;
    expect([name, isStorageError(error), leaksOf(error)]).toEqual([name, true, []]);
    codes.push((error as StorageError).code);
  }
  expect(codes.length).toBeGreaterThan(3);
}

const ANSWERS: [number, string][] = [
  [403, "SignatureDoesNotMatch"],
  [403, "AccessDenied"],
  [400, "ExpiredToken"],
  [500, "InternalError"],
  [503, "SlowDown"],
  [418, `${CANARY} ${CANARY}`],
];

describe.each(ANSWERS)("An answer %d %s shows nothing of the request in the errors of", (status, code) => {
  beforeEach(() => {
    scripted.script = [indiscreet(status, code)];
  });

  it("S3Store", async () => {
    const store = new S3Store({ bucket: "bucket", clientConfig: s3ClientConfig(scripted.endpoint, { credentials }) });
    await expectSilence(store);
    await store.close();
  });

  it("AzureStore", async () => {
    const clientOptions = { retryOptions: { maxTries: 1 } };
    const credential = { accountName: "account", accountKey };
    const common = { container: "box", clientOptions };
    await expectSilence(new AzureStore({ ...common, accountUrl: `${scripted.endpoint}/account`, credential }));
    const signed = `${scripted.endpoint}/account?sv=2025-01-05&sig=${CANARY}`;
    await expectSilence(new AzureStore({ ...common, accountUrl: signed }));
  });

  it("GcsStore", async () => {
    scripted.script = [
      {
        status,
        headers: { "content-type": "application/json", "x-guploader-uploadid": "ID" },
        body: JSON.stringify({ error: { code: status, message: CANARY, errors: [{ reason: code, message: CANARY }] } }),
      },
    ];
    const clientConfig = { apiEndpoint: scripted.endpoint, retryOptions: { autoRetry: false } };
    const store = new GcsStore({ bucket: "bucket", clientConfig });
    await expectSilence(store);
    await store.close();
  });
});

describe("What is wrong on this side is said without secrets by", () => {
  it("S3Store whose credentials can't be had", async () => {
    const provider = (): never => {
      throw Object.assign(new Error(`Command failed: vault read --token=${CANARY}`), {
        name: "CredentialsProviderError",
        stdout: CANARY,
      });
    };
    const store = new S3Store({
      bucket: "bucket",
      clientConfig: s3ClientConfig(scripted.endpoint, { credentials: provider }),
    });
    await expectSilence(store);
    expect(leaksOf(await failureOf(store.presign("path", { method: "GET", expiresIn: 60 })))).toEqual([]);
    await store.close();
  });

  it("S3Store whose endpoint has a password", async () => {
    const config = s3ClientConfig(`http://user:${CANARY}@127.0.0.1:1`, { credentials });
    expect(leaksOf(thrownBy(() => new S3Store({ bucket: "bucket", clientConfig: config })))).toEqual([]);
    // That of a client of the user's own is seen by nobody before it is used.
    const client = new S3Client(config);
    await expectSilence(new S3Store({ bucket: "bucket", client }));
    client.destroy();
  });

  it("S3Store with a client whose middleware fails with a signed URL", async () => {
    const client = new S3Client(s3ClientConfig(scripted.endpoint, { credentials }));
    client.middlewareStack.add(
      () => () => {
        const url = `https://bucket.example/path?X-Amz-Signature=${CANARY}`;
        throw Object.assign(new Error(`GET ${url} failed`), { request: { url, headers: { authorization: CANARY } } });
      },
      { step: "finalizeRequest" },
    );
    await expectSilence(new S3Store({ bucket: "bucket", client }));
    client.destroy();
  });

  it("GcsStore whose key is none", async () => {
    const store = new GcsStore({
      bucket: "bucket",
      clientConfig: { credentials: { client_email: "a@b.example", private_key: CANARY } },
    });
    await expectSilence(store);
    expect(leaksOf(await failureOf(store.presign("path", { method: "GET", expiresIn: 60 })))).toEqual([]);
    await store.close();
  });

  it("all whose options are wrong", () => {
    const makers: (() => unknown)[] = [
      () => new RedisStore({ url: `http://user:${CANARY}@host` }),
      () => new RedisStore({ url: `redis://user:${CANARY}@host:port:port` }),
      () => new AzureStore({ container: "box", connectionString: `AccountKey=${CANARY}` }),
      () => new AzureStore({ container: "box", connectionString: `BlobEndpoint=x;SharedAccessSignature=${CANARY}` }),
      () => new AzureStore({ container: "box", accountUrl: `ftp://host?sig=${CANARY}` }),
      () => new AzureStore({ container: "box", accountUrl: "https://host", credential: CANARY as never }),
      () => new S3Store({ bucket: "b", clientConfig: CANARY }),
      () => new S3Store({ bucket: "b", clientConfig: { credentials: CANARY as never, endpoint: CANARY } }),
      () => new GcsStore({ bucket: CANARY, clientConfig: CANARY as never }),
      () =>
        new StorageManager({ outputPrefix: `../${CANARY}`, allow: [`/${CANARY}`], maxPresignExpiry: CANARY as never }),
      () => new StorageManager({}).forTenant(`../${CANARY}`),
      () => aes256gcm({ keys: { a: CANARY as never }, activeKeyId: CANARY }),
    ];
    let refused = 0;
    for (const make of makers) {
      try {
        make();
      } catch (error) {
        refused++;
        expect(error).toMatchObject({ code: "CONFIG_INVALID" });
        expect(leaksOf(error)).toEqual([]);
      }
    }
    expect(refused).toBeGreaterThan(8);
  });
});

describe("A broken connection shows nothing in the errors of", () => {
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

  it.each<[string, object]>([
    ["a refusal", { refuse: true }],
    ["a reset in the request", { toServer: { resetAfter: 100 } }],
    ["a reset in the answer", { toClient: { resetAfter: 20 } }],
    ["an end in the answer", { toClient: { endAfter: 20 } }],
  ])("S3Store, after %s", async (_, fault) => {
    const clientConfig = s3ClientConfig(proxy.endpoint, { credentials });
    const store = new S3Store({ bucket, clientConfig });
    proxy.fault = fault;
    await expectSilence(store);
    proxy.fault = {};
    await store.close();
  });

  it("compositions over it", async () => {
    const store = new S3Store({ bucket, clientConfig: s3ClientConfig(proxy.endpoint, { credentials }) });
    proxy.fault = { toClient: { resetAfter: 20 } };
    await expectSilence(withRetry(store, { attempts: 2, baseDelay: 0, maxDelay: 0 }));
    await expectSilence(new FailoverStore({ stores: { a: store, b: store } }));
    await expectSilence(new ReplicatedStore({ stores: { a: store, b: store } }));
    await expectSilence(withFeatures(store, { simulate: ["copy"] }));
    proxy.fault = {};
    await store.close();
  });

  it("a manager over it, nor in what it tells and logs", async () => {
    const told: string[] = [];
    const stream = new Writable({
      write(chunk: Buffer, _encoding, callback) {
        told.push(chunk.toString());
        callback();
      },
    });
    const requestHandler = { httpAgent: { keepAlive: false } };
    const clientConfig = s3ClientConfig(proxy.endpoint, { credentials, requestHandler });
    const store = new S3Store({ bucket, clientConfig });
    const manager = new StorageManager({
      store,
      maxInlineSize: 10,
      logger: pino({ level: "trace" }, stream),
      observer: (event) => void told.push(inspect(event), JSON.stringify(event)),
    }).forTenant("tenant");
    const url = await manager.presign("outputs/tenant/path", { method: "GET", expiresIn: 60 });
    const sent = await manager.dehydrate({ secret: CANARY, bytes: Buffer.from(CANARY) });
    proxy.fault = { toClient: { resetAfter: 20 } };
    const calls = [manager.dehydrate({ secret: CANARY, bytes: Buffer.from(CANARY) }), manager.hydrate(sent)];
    for (const call of calls.map(failureOf)) expect(leaksOf(await call)).toEqual([]);
    proxy.fault = {};
    expect(told.length).toBeGreaterThan(10);
    expect(leaksOf(told)).toEqual([]);
    expect(new URL(url).searchParams.get("X-Amz-Signature")).toHaveLength(64);
    expect(told.join()).not.toContain("X-Amz");
    await store.close();
  });

  it("S3Store, after wrong bytes came", async () => {
    const store = new S3Store({ bucket, clientConfig: s3ClientConfig(proxy.endpoint, { credentials }) });
    const manager = new StorageManager({ store, maxInlineSize: 10 });
    const value = await manager.dehydrate({ secret: CANARY.repeat(100) }, { scope: "s" });
    const listed = store.list("outputs/")[Symbol.asyncIterator]();
    const { path } = (await listed.next()).value as { path: string };
    await store.write(path, `{"contentType":"${CANARY}","data":${CANARY}`);
    const error = await failureOf(manager.hydrate(value));
    expect([error.code, leaksOf(error)]).toEqual(["INTEGRITY", []]);
    await store.close();
  });

  describe("RedisStore, whose server", () => {
    let redis: Server;
    let answer: string;
    const listen = async (): Promise<number> => {
      redis.listen(0, "127.0.0.1");
      await once(redis, "listening");
      return (redis.address() as AddressInfo).port;
    };

    beforeEach(() => {
      redis = createServer((socket) => {
        socket.on("error", () => undefined);
        socket.on("data", () => {
          if (answer === "") socket.destroy();
          else socket.write(answer);
        });
      });
    });
    afterEach(() => void redis.close());

    it.each([
      ["refuses the password", "-WRONGPASS invalid username-password pair\r\n"],
      ["repeats the command", `-ERR unknown command 'AUTH', with args beginning with: '${CANARY}'\r\n`],
      ["hangs up", ""],
    ])("%s", async (_, said) => {
      answer = said;
      const store = new RedisStore({ url: `redis://user:${CANARY}@127.0.0.1:${await listen()}` });
      await expectSilence(store);
      await store.close();
    });
  });
});
