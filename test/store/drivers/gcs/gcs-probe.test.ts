import { GcsStore, type GcsStoreOptions } from "../../../../src/gcs.js";
import { failureOf } from "../../../support/failure.js";
import { GcsApiServer } from "./gcs-api-server.js";

let server: GcsApiServer;

beforeEach(async () => {
  server = await GcsApiServer.start();
});

afterEach(() => server.stop());

function options(more: Partial<GcsStoreOptions> = {}): GcsStoreOptions {
  const clientConfig = { apiEndpoint: server.endpoint, retryOptions: { autoRetry: false } };
  return { bucket: "bucket", clientConfig, ...more };
}

it("finds what the server can do, whatever the options say, and leaves nothing behind", async () => {
  await using store = await GcsStore.detect(options({ prefix: "here", capability: { ifMatch: false } }));
  expect(store.capability).toMatchObject({ ifNoneMatch: true, ifMatch: true, deleteIfMatch: true, presign: false });
  expect(server.names).toEqual([]);
  const { etag } = await store.write("a", "x", { ifNoneMatch: "*" });
  expect(await failureOf(store.write("a", "y", { ifNoneMatch: "*" }))).toMatchObject({ code: "ALREADY_EXISTS" });
  await store.write("a", "y", { ifMatch: etag });
});

it("sees through a server that ignores conditions", async () => {
  server.honoursConditions = () => false;
  await using claimed = new GcsStore(
    options({ capability: { ifNoneMatch: true, ifMatch: true, deleteIfMatch: true } }),
  );
  await expect(claimed.probe()).resolves.toEqual({
    ifNoneMatch: false,
    ifMatch: false,
    deleteIfMatch: false,
    chunkedUpload: true,
    presign: false,
  });
  expect(server.names).toEqual([]);
  await using store = await GcsStore.detect(options());
  expect(await failureOf(store.write("a", "x", { ifNoneMatch: "*" }))).toMatchObject({ code: "UNSUPPORTED" });
});

it("sees that ifNoneMatch fails at one of 8 objects", async () => {
  const names = new Set<string>();
  server.honoursConditions = (name) => [...names.add(name)].indexOf(name) !== 7;
  await using store = new GcsStore(options());
  await expect(store.probe()).resolves.toMatchObject({ ifNoneMatch: false, ifMatch: true, deleteIfMatch: true });
});

it("sees through a server that takes a chunk for the whole", async () => {
  server.interfere = ({ range }) => (range === "bytes 0-262143/*" ? { status: 200 } : undefined);
  await using store = new GcsStore(options());
  await expect(store.probe()).resolves.toMatchObject({ ifNoneMatch: true, chunkedUpload: false });
});

it("fails when it can't find out, or is aborted", async () => {
  expect(await failureOf(GcsStore.detect(options({ bucket: "missing" })))).toMatchObject({
    code: "CONTAINER_NOT_FOUND",
  });
  server.interfere = () => ({ status: 403, reason: "forbidden" });
  expect(await failureOf(GcsStore.detect(options()))).toMatchObject({ code: "PERMISSION_DENIED" });
  const signal = AbortSignal.abort(new Error("enough"));
  expect(await failureOf(GcsStore.detect(options(), { signal }))).toMatchObject({ code: "ABORTED" });
});
