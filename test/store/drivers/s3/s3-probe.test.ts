import { S3Client } from "@aws-sdk/client-s3";
import { S3Store } from "../../../../src/s3.js";
import { createBucket, s3ClientConfig, startS3Server, type S3Server } from "../../../fixtures/s3-server.js";
import { startScriptedServer, s3Error } from "../../../fixtures/scripted-server.js";

const NONE = { ifNoneMatch: false, ifMatch: false, deleteIfMatch: false };

let server: S3Server;
let client: S3Client;
let bucket: string;

beforeAll(async () => {
  server = await startS3Server();
  client = new S3Client(s3ClientConfig(server.endpoint));
  bucket = await createBucket(client);
});

afterAll(async () => {
  client.destroy();
  await server.stop();
});

async function pathsIn(store: S3Store): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list("")) paths.push(path);
  return paths;
}

it("sees through a server that ignores conditions, whatever the options claim", async () => {
  const store = new S3Store({ bucket, client, prefix: "here", capability: { deleteIfMatch: true } });
  await expect(store.probe()).resolves.toEqual(NONE);
  expect(store.capability).toMatchObject({ ifNoneMatch: true, ifMatch: true, deleteIfMatch: true });
  expect(await pathsIn(new S3Store({ bucket, client }))).toEqual([]);
});

it("gives a store that refuses what the server would ignore", async () => {
  await using store = await S3Store.detect({ bucket, clientConfig: s3ClientConfig(server.endpoint) });
  expect(store.capability).toMatchObject(NONE);
  await expect(store.write("a", "x", { ifNoneMatch: "*" })).rejects.toMatchObject({ code: "UNSUPPORTED" });
  await expect(store.write("a", "x", { ifMatch: '"1"' })).rejects.toMatchObject({ code: "UNSUPPORTED" });
  await expect(store.delete("a", { ifMatch: '"1"' })).rejects.toMatchObject({ code: "UNSUPPORTED" });
  await expect(store.write("a", "x")).resolves.toMatchObject({ size: 1 });
});

it("fails when it can't find out", async () => {
  await expect(new S3Store({ bucket: "missing-bucket", client }).probe()).rejects.toMatchObject({
    code: "CONTAINER_NOT_FOUND",
  });
  const denying = await startScriptedServer();
  denying.script = [s3Error(403, "AccessDenied")];
  await expect(S3Store.detect({ bucket, clientConfig: s3ClientConfig(denying.endpoint) })).rejects.toMatchObject({
    code: "PERMISSION_DENIED",
  });
  await denying.stop();
});

it("takes a refusal of the header for an answer", async () => {
  const old = await startScriptedServer();
  old.script = [s3Error(501, "NotImplemented")];
  await using store = new S3Store({ bucket, clientConfig: s3ClientConfig(old.endpoint) });
  await expect(store.probe()).rejects.toMatchObject({ code: "UNSUPPORTED" }); // it takes no write at all
  await old.stop();
});

it("stops when it is aborted", async () => {
  const store = new S3Store({ bucket, client });
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(store.probe({ signal })).rejects.toMatchObject({ code: "ABORTED" });
});
