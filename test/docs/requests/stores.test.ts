import { randomBytes } from "node:crypto";
import { S3Client } from "@aws-sdk/client-s3";
import { AzureStore } from "../../../src/azure.js";
import { GcsStore } from "../../../src/gcs.js";
import { RedisStore } from "../../../src/redis.js";
import { S3Store } from "../../../src/s3.js";
import { StorageManager, type Store } from "../../../src/index.js";
import { createBucket, s3ClientConfig, startS3Server, type S3Server } from "../../fixtures/s3-server.js";
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from "../../fixtures/scripted-server.js";
import { GcsApiServer } from "../../store/drivers/gcs/gcs-api-server.js";
import { CAPABILITY } from "../../store/drivers/gcs/gcs-api-store.js";
import { givenClient } from "../../store/drivers/redis/given-client.js";
import { someBytes } from "../../support/stream-sources.js";
import { documentedRequests, expectDocumented } from "./documented.js";
import { S3Counter } from "./s3-counter.js";

const MIB = 1024 ** 2;
const BYTES = someBytes(100_000);

async function* streamOf(size: number): AsyncGenerator<Uint8Array, void, undefined> {
  await Promise.resolve();
  const chunk = someBytes(65_536);
  for (let left = size; left > 0; left -= chunk.byteLength) yield chunk.subarray(0, left);
}

async function drained(chunks: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

/** Each with `a` in the store. */
const VERBS: Record<string, (store: Store) => unknown> = {
  "`write`, 100 kB": (store) => store.write("b", BYTES),
  "`write`, `ifNoneMatch`": (store) => store.write("c", BYTES, { ifNoneMatch: "*" }),
  "`write`, 20 MiB": (store) => store.write("d", Buffer.alloc(20 * MIB, "x")),
  "`write`, a stream of 1 MiB": (store) => store.write("e", streamOf(MIB)),
  "`write`, a stream of 12 MiB": (store) => store.write("f", streamOf(12 * MIB)),
  "`read`": async (store) => drained(await store.read("a")),
  "`read`, a part": async (store) => drained(await store.read("a", { offset: 10, length: 20 })),
  "`read`, no such object": (store) => expect(store.read("missing")).rejects.toMatchObject({ code: "NOT_FOUND" }),
  "`stat`": (store) => expect(store.stat("a")).resolves.toMatchObject({ path: "a" }),
  "`stat`, no such object": (store) => expect(store.stat("missing")).resolves.toBeUndefined(),
  "`delete`": (store) => store.delete("a"),
  "`delete`, no such object": (store) => store.delete("missing"),
  "`list`, a page": (store) => drained(store.list("")),
  "`copy`": (store) => store.copy("a", "copy"),
};
const PRESIGN = "`presign`";

/** What each verb sends. */
async function countVerbs(
  store: Store,
  requests: readonly unknown[],
  prepare: (verb: string) => unknown,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [name, call] of Object.entries(VERBS)) {
    await prepare(name);
    const before = requests.length;
    await call(store);
    counts[name] = requests.length - before;
  }
  return counts;
}

let s3Server: S3Server;
let gcsServer: GcsApiServer;
let azureServer: ScriptedServer;

beforeAll(async () => {
  [s3Server, gcsServer, azureServer] = await Promise.all([
    startS3Server(),
    GcsApiServer.start(),
    startScriptedServer(),
  ]);
});

afterAll(() => Promise.all([s3Server.stop(), gcsServer.stop(), azureServer.stop()]));

async function s3Store(): Promise<{ store: S3Store; requests: string[] }> {
  const client = new S3Client(s3ClientConfig(s3Server.endpoint));
  const bucket = await createBucket(client);
  client.destroy();
  const { clientConfig, requests } = new S3Counter(s3Server.endpoint);
  return { store: new S3Store({ bucket, clientConfig }), requests };
}

function gcsStore(): { store: GcsStore; requests: string[] } {
  const clientConfig = { apiEndpoint: gcsServer.endpoint };
  return {
    store: new GcsStore({ bucket: "bucket", clientConfig, capability: CAPABILITY }),
    requests: gcsServer.requests,
  };
}

/** What Azure answers to a verb, as its reference says. */
function azureAnswers(verb: string): ScriptedAnswer[] {
  const headers = { etag: '"1"', "last-modified": new Date(0).toUTCString() };
  const blob = { ...headers, "x-ms-blob-type": "BlockBlob" };
  if (verb.endsWith("no such object")) return [{ status: 404, headers: { "x-ms-error-code": "BlobNotFound" } }];
  if (verb === "`read`, a part") {
    return [{ status: 206, headers: { ...blob, "content-range": "bytes 10-29/100" }, body: "x".repeat(20) }];
  }
  if (verb === "`list`, a page") {
    const properties =
      "<Properties><Etag>0x1</Etag><BlobType>BlockBlob</BlobType><Content-Length>3</Content-Length></Properties>";
    const body = `<?xml version="1.0"?><EnumerationResults ServiceEndpoint="http://x/" ContainerName="box"><Blobs><Blob><Name>a</Name>${properties}</Blob></Blobs><NextMarker/></EnumerationResults>`;
    return [{ status: 200, headers: { "content-type": "application/xml" }, body }];
  }
  const found = { status: 200, headers: { ...blob, "content-length": "3" }, body: "abc" };
  if (verb === "`copy`") return [found, { status: 202, headers: { ...headers, "x-ms-copy-status": "success" } }];
  if (verb === "`delete`") return [{ status: 202 }];
  return verb.startsWith("`write`") ? [{ status: 201, headers }] : [found];
}

/** What the scripts answer, and GET. */
function redisAnswer(verb: string): unknown {
  if (verb.endsWith("no such object")) return null;
  const value = Buffer.from(`cc01${"e".repeat(22)}${"0".repeat(14)}${"0".repeat(8)}abc`);
  if (verb.startsWith("`write`")) return [Buffer.from("ok"), Buffer.from("0")];
  if (verb === "`delete`") return Buffer.from("ok");
  if (verb === "`list`, a page") return [Buffer.alloc(0), []];
  return verb === "`read`" ? value : [value.subarray(0, 48), Buffer.from("51"), Buffer.from("abc")];
}

it("docs/stores/requests.md has what a store sends", async () => {
  const s3 = await s3Store();
  const gcs = gcsStore();
  const azure = new AzureStore({
    container: "box",
    accountUrl: `${azureServer.endpoint}/account`,
    credential: { accountName: "account", accountKey: Buffer.from("the key").toString("base64") },
    presign: true,
  });
  let verb = "";
  const commands: string[] = [];
  const client = givenClient((command) => {
    commands.push(command);
    return Promise.resolve(redisAnswer(verb));
  });
  const redis = new RedisStore({ client });
  const rewrite = async (store: Store): Promise<unknown> => store.write("a", BYTES);
  const counts = {
    S3: await countVerbs(s3.store, s3.requests, () => rewrite(s3.store)),
    GCS: await countVerbs(gcs.store, gcs.requests, () => rewrite(gcs.store)),
    Azure: await countVerbs(azure, azureServer.requests, (name) => (azureServer.script = azureAnswers(name))),
    Redis: await countVerbs(redis, commands, (name) => (verb = name)),
  };
  const counted: Record<string, Record<string, number>> = Object.fromEntries(
    Object.keys(VERBS).map((name) => [
      name,
      Object.fromEntries(Object.entries(counts).map(([store, verbs]) => [store, verbs[name]!])),
    ]),
  );
  const sent = [s3.requests.length, azureServer.requests.length];
  for (const store of [s3.store, azure]) await store.presign("a", { method: "GET", expiresIn: 60 });
  expect([s3.requests.length, azureServer.requests.length]).toEqual(sent);
  expectDocumented("What a store sends", ["S3", "GCS", "Azure", "Redis"], {
    ...counted,
    [PRESIGN]: { S3: 0, GCS: 0, Azure: 0 },
  });
  for (const store of [s3.store, gcs.store, azure, redis]) await store.close();
});

it("docs/stores/requests.md has what a manager sends", async () => {
  const counts: Record<string, Record<string, number>> = {};
  for (const [name, { store, requests }] of Object.entries({ S3: await s3Store(), GCS: gcsStore() })) {
    const manager = new StorageManager({ store });
    const count = async (row: string, call: () => Promise<unknown>): Promise<unknown> => {
      const before = requests.length;
      const result = await call();
      counts[row] = { ...counts[row], [name]: requests.length - before };
      return result;
    };
    const text = randomBytes(2_500).toString("hex");
    const ticket = await count("`dehydrate`, one value", () => manager.dehydrate({ text }));
    await count("`dehydrate`, a stream of 4 MiB", () => manager.dehydrate({ a: streamOf(4 * MIB) }));
    await count("`dehydrate`, a stream of 12 MiB", () => manager.dehydrate({ a: streamOf(12 * MIB) }));
    expect(await count("`hydrate`, one value", () => manager.hydrate(ticket))).toEqual({ text });
    const bytes = randomBytes(5_000);
    const own = await manager.dehydrate({ bytes }, { scope: "s" });
    const adopted = await count("`adopt`, binary", () => manager.adopt(own, { scope: "t" }));
    await manager.release("s");
    expect(await manager.hydrate(adopted)).toEqual({ bytes: new Uint8Array(bytes) });
    await manager.close();
  }
  expectDocumented("What a manager sends", ["S3", "GCS"], counts);
  expect(documentedRequests("What a manager sends", ["S3", "GCS"])).toHaveLength(5);
});
