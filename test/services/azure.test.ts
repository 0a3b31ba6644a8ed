import { randomBytes, randomUUID } from "node:crypto";
import { BlobServiceClient, ContainerSASPermissions, StorageSharedKeyCredential } from "@azure/storage-blob";
import { AzureStore, type AzureStoreOptions } from "../../src/azure.js";
import type { StorageErrorCode } from "../../src/errors/error.js";
import { sha256Digest } from "../../src/bytes/digest.js";
import { FaultProxy, type Fault } from "../fixtures/fault-proxy.js";
import { azuriteClient, azuriteOptions, createContainer } from "./azurite.js";
import { serviceVariable } from "./service-variable.js";

const MIB = 1024 * 1024;
const BLOCK = MIB;
const BYTES = randomBytes(5 * BLOCK + 1);

let container: string;
let proxy: FaultProxy;

beforeAll(async () => {
  container = await createContainer();
  await storeWith().write("object", BYTES);
});

// One for every test: the SDK keeps connections in a pool of the process, and a fault must not meet one made before it.
beforeEach(async () => {
  proxy = await FaultProxy.start(serviceVariable("AZURITE_ENDPOINT"));
});

afterEach(() => proxy.stop());

function storeWith(options: Partial<AzureStoreOptions> = {}): AzureStore {
  return new AzureStore({ container, ...azuriteOptions(), blockSize: BLOCK, queueSize: 2, ...options });
}

async function* chunksOf(bytes: Uint8Array, size = 300_000): AsyncGenerator<Uint8Array, void, undefined> {
  await Promise.resolve();
  for (let start = 0; start < bytes.byteLength; start += size) yield bytes.subarray(start, start + size);
}

async function contentOf(store: AzureStore, path: string): Promise<Buffer> {
  const result = await store.read(path);
  return Buffer.from(await result.bytes());
}

describe("writes in blocks", () => {
  it.each(["bytes", "chunks"])("take %s of many blocks, and keep their order", async (kind) => {
    const store = storeWith();
    const body = kind === "bytes" ? BYTES : chunksOf(BYTES);
    const written = await store.write(kind, body, { contentType: "a/b", digest: sha256Digest(BYTES) });
    expect(await store.stat(kind)).toEqual({ ...written, path: kind, size: BYTES.byteLength, contentType: "a/b" });
    expect(BYTES.equals(await contentOf(store, kind))).toBe(true);
    const { committedBlocks } = await azuriteClient(container).getBlockBlobClient(kind).getBlockList("committed");
    expect(committedBlocks).toHaveLength(6);
  });

  it("take a body that is exactly so many blocks, and blocks that are alike", async () => {
    const store = storeWith();
    const same = Buffer.alloc(3 * BLOCK, 7);
    await store.write("alike", chunksOf(same));
    expect(same.equals(await contentOf(store, "alike"))).toBe(true);
  });

  it("hold no more than queueSize blocks of a stream", async () => {
    const store = storeWith();
    let given = 0;
    let written = 0;
    let most = 0;
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      for (let i = 0; i < 12; i++) {
        const { uncommittedBlocks = [] } = await azuriteClient(container)
          .getBlockBlobClient("bounded")
          .getBlockList("uncommitted")
          .catch(() => ({ uncommittedBlocks: [] }));
        written = uncommittedBlocks.length;
        most = Math.max(most, given - written);
        given++;
        yield Buffer.alloc(BLOCK, i);
      }
    }
    await store.write("bounded", source());
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(3); // two on their way, and the one that is being made
  });

  it("leave nothing visible when the source fails, size or digest is wrong, or the caller aborts", async () => {
    const store = storeWith();
    const controller = new AbortController();
    async function* source(end: () => void): AsyncGenerator<Uint8Array, void, undefined> {
      yield* chunksOf(BYTES);
      end();
      yield Buffer.alloc(BLOCK);
    }
    const failing = source(() => {
      throw new Error("broken");
    });
    await expect(store.write("none", failing)).rejects.toMatchObject({ code: "UNEXPECTED" });
    const digest = sha256Digest(Buffer.from("other"));
    await expect(store.write("none", chunksOf(BYTES), { digest })).rejects.toMatchObject({ code: "INTEGRITY" });
    const size = BYTES.byteLength + 1;
    await expect(store.write("none", chunksOf(BYTES), { size })).rejects.toMatchObject({ code: "INTEGRITY" });
    const reason = new Error("enough");
    const aborting = source(() => controller.abort(reason));
    const aborted = store.write("none", aborting, { signal: controller.signal });
    await expect(aborted).rejects.toMatchObject({ code: "ABORTED", cause: reason });
    await expect(store.stat("none")).resolves.toBeUndefined();
    for await (const { path } of store.list("none")) throw new Error(`${path} is listed`);
  });

  it("keep their conditions", async () => {
    const store = storeWith();
    const { etag } = await store.write("condition", "old");
    const absent = store.write("condition", BYTES, { ifNoneMatch: "*" });
    await expect(absent).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    const stale = store.write("condition", chunksOf(BYTES), { ifMatch: '"0123"' });
    await expect(stale).rejects.toMatchObject({ code: "PRECONDITION_FAILED" });
    expect(await contentOf(store, "condition")).toEqual(Buffer.from("old"));
    const { size } = await store.write("condition", chunksOf(BYTES), { ifMatch: etag });
    expect(size).toBe(BYTES.byteLength);
  });

  it("of the same bytes by many at once all succeed, as content-addressed paths make them", async () => {
    const store = storeWith();
    const writes = Array.from({ length: 8 }, (_, i) => store.write("same", i % 2 === 0 ? BYTES : chunksOf(BYTES)));
    const results = await Promise.allSettled(writes);
    expect(results.map(({ status }) => status)).toEqual(results.map(() => "fulfilled"));
    expect(BYTES.equals(await contentOf(store, "same"))).toBe(true);
  });

  it("of other bytes by many at once are whole, or fail retryable", async () => {
    const store = storeWith();
    const bodies = Array.from({ length: 6 }, () => randomBytes(3 * BLOCK));
    const results = await Promise.allSettled(bodies.map((body) => store.write("raced", chunksOf(body))));
    expect(results.some(({ status }) => status === "fulfilled")).toBe(true);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    }
    const content = await contentOf(store, "raced");
    expect(bodies.some((body) => body.equals(content))).toBe(true);
  });

  it("let one of several conditional writers win", async () => {
    const store = storeWith();
    const bodies = Array.from({ length: 4 }, () => randomBytes(3 * BLOCK));
    const writes = bodies.map((body) => store.write("won", chunksOf(body), { ifNoneMatch: "*" }));
    const results = await Promise.allSettled(writes);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "ALREADY_EXISTS" });
    }
  });
});

describe("names and metadata", () => {
  it("are readable by other tools", async () => {
    await storeWith({ prefix: "app" }).write("ü/世界 %2F.json", "x", {
      metadata: { "run-id": "1", "7": "", empty: "~" },
    });
    const blob = azuriteClient(container).getBlobClient("app/ü/世界 %2F.json");
    expect((await blob.getProperties()).metadata).toEqual({ run_id: "1", _7: "~", empty: "~~" });
    const info = await storeWith({ prefix: "app" }).stat("ü/世界 %2F.json");
    expect(info?.metadata).toEqual({ "run-id": "1", "7": "", empty: "~" });
  });

  it("of other tools do no harm", async () => {
    const prefix = randomUUID();
    const client = azuriteClient(container);
    for (const name of ["a", "a.", "b//c", "😀", "d/"]) {
      await client.getBlockBlobClient(`${prefix}/${name}`).upload(name, Buffer.byteLength(name), {
        metadata: { Some_Owner: "me" },
      });
    }
    const store = storeWith({ prefix });
    const listed: string[] = [];
    for await (const { path } of store.list("")) listed.push(path);
    expect(listed).toEqual(["a"]);
    expect((await store.stat("a"))?.metadata).toEqual({ "some-owner": "me" });
  });

  it("that would be too long are INVALID_PATH without a request", async () => {
    const path = "x./".repeat(341) + "x";
    const call = storeWith({ accountUrl: "http://host.invalid/account" }).write(path, "x");
    await expect(call).rejects.toMatchObject({ code: "INVALID_PATH", operation: "write", path });
  });

  it("are deleted with their snapshots", async () => {
    const store = storeWith();
    await store.write("kept", "x");
    await azuriteClient(container).getBlobClient("kept").createSnapshot();
    await store.delete("kept");
    await expect(store.stat("kept")).resolves.toBeUndefined();
  });
});

describe("copies", () => {
  it("are made by the server, pinned to one version, and carry all", async () => {
    const store = storeWith();
    const described = { contentType: "a/b", metadata: { "run-id": "1", empty: "" } };
    await store.write("from", BYTES, described);
    const copied = await store.copy("from", "to");
    expect(copied).toEqual({ ...(await store.stat("to")), ...described, path: "to", size: BYTES.byteLength });
    expect(BYTES.equals(await contentOf(store, "to"))).toBe(true);
  });

  it("go through this process where the name is too long for the server to be told", async () => {
    const store = storeWith();
    const path = "世".repeat(300); // nine characters each in a URL
    const described = { contentType: "a/b", metadata: { owner: "me" } };
    await store.write(path, BYTES, described);
    const copied = await store.copy(path, "streamed");
    expect(copied).toMatchObject({ path: "streamed", size: BYTES.byteLength, ...described });
    expect(await store.stat("streamed")).toEqual(copied);
    expect(BYTES.equals(await contentOf(store, "streamed"))).toBe(true);
  });

  it("that go through this process fail as what failed", async () => {
    const path = `${"世".repeat(300)}/2`;
    await storeWith().write(path, BYTES);
    const behind = storeBehind({ toClient: { resetAfter: 3 * MIB } });
    await expect(behind.copy(path, "broken")).rejects.toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      operation: "copy",
    });
    await expect(storeWith().stat("broken")).resolves.toBeUndefined();
  });
});

describe("presigned URLs", () => {
  it("read, and write with the header that Azure asks for", async () => {
    const store = storeWith({ presign: true });
    const put = await store.presign("an object/%2F ü 😀.", { method: "PUT", expiresIn: 60 });
    const plain = await fetch(put, { method: "PUT", body: "content" });
    expect(plain.ok).toBe(false);
    const headers = { "x-ms-blob-type": "BlockBlob" };
    expect((await fetch(put, { method: "PUT", body: "content", headers })).ok).toBe(true);
    const get = await store.presign("an object/%2F ü 😀.", { method: "GET", expiresIn: 60 });
    expect(await (await fetch(get)).text()).toBe("content");
    expect((await fetch(get, { method: "DELETE" })).ok).toBe(false);
  });
});

describe("credentials and containers", () => {
  const key = Buffer.alloc(64, 1).toString("base64");

  it("a wrong key is PERMISSION_DENIED, and in no error", async () => {
    const store = storeWith({ credential: { accountName: serviceVariable("AZURITE_ACCOUNT"), accountKey: key } });
    for (const call of [() => store.write("a", "x"), () => store.read("a"), () => store.stat("a")]) {
      const error: unknown = await call().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "PERMISSION_DENIED", cause: { httpStatus: 403 } });
      expect(JSON.stringify(error) + String(error)).not.toContain(key);
    }
  });

  it("a container that is missing is CONTAINER_NOT_FOUND in every call", async () => {
    const store = storeWith({ container: "missing-container" });
    const expected = { code: "CONTAINER_NOT_FOUND" };
    await expect(store.write("a", "x")).rejects.toMatchObject(expected);
    await expect(store.write("a", BYTES)).rejects.toMatchObject(expected);
    await expect(store.read("a")).rejects.toMatchObject(expected);
    await expect(store.stat("a")).rejects.toMatchObject(expected);
    await expect(store.delete("a")).rejects.toMatchObject(expected);
    await expect(store.copy("a", "b")).rejects.toMatchObject(expected);
    await expect(store.list("").next()).rejects.toMatchObject(expected);
  });

  it("a connection string, a signature in the URL and a client of the account do as well", async () => {
    const { accountUrl, credential } = azuriteOptions();
    const { accountName, accountKey } = credential;
    const connectionString = `DefaultEndpointsProtocol=http;AccountName=${accountName};AccountKey=${accountKey};BlobEndpoint=${accountUrl};`;
    const byString = new AzureStore({ container, connectionString });
    await byString.write("credentials", "x");
    const sas = await azuriteClient(container).generateSasUrl({
      permissions: ContainerSASPermissions.parse("racwdl"),
      expiresOn: new Date(Date.now() + 60_000),
    });
    const bySignature = new AzureStore({ container, accountUrl: accountUrl + new URL(sas).search });
    expect(await contentOf(bySignature, "credentials")).toEqual(Buffer.from("x"));
    await bySignature.copy("credentials", "credentials/copied");
    const service = new BlobServiceClient(accountUrl, new StorageSharedKeyCredential(accountName, accountKey));
    const byClient = new AzureStore({ container, client: service });
    expect(await contentOf(byClient, "credentials/copied")).toEqual(Buffer.from("x"));
  });
});

/** A store whose connections take the fault, and whose client does not try again. */
function storeBehind(fault: Fault, options: Partial<AzureStoreOptions> = {}): AzureStore {
  proxy.fault = fault;
  const { pathname } = new URL(serviceVariable("AZURITE_ENDPOINT"));
  const clientOptions = { retryOptions: { maxTries: 1 } };
  return storeWith({ ...azuriteOptions(proxy.endpoint + pathname), clientOptions, timeout: 20_000, ...options });
}

// Only a fault that ends in a timeout is waited for in vain; a machine under load must not look like one.
function storeFailingWith(code: StorageErrorCode, fault: Fault): AzureStore {
  return storeBehind(fault, code === "TIMEOUT" ? { timeout: 400 } : {});
}

const FAULTS: [name: string, fault: Fault, code: StorageErrorCode][] = [
  ["refused", { refuse: true }, "UNAVAILABLE"],
  ["never answered", { blackhole: true }, "TIMEOUT"],
];
const READ_FAULTS: typeof FAULTS = [
  ...FAULTS,
  ["reset before the answer", { toServer: { resetAfter: 10 } }, "UNAVAILABLE"],
  ["reset in the headers", { toClient: { resetAfter: 20 } }, "UNAVAILABLE"],
  ["reset in the body", { toClient: { resetAfter: MIB } }, "UNAVAILABLE"],
  ["ended in the body", { toClient: { endAfter: MIB } }, "UNAVAILABLE"],
  ["stalled in the body", { toClient: { stallAfter: MIB } }, "TIMEOUT"],
];
const WRITE_FAULTS: typeof FAULTS = [
  ...FAULTS,
  ["reset in the body", { toServer: { resetAfter: MIB / 2 } }, "UNAVAILABLE"],
  ["ended in the body", { toServer: { endAfter: MIB / 2 } }, "UNAVAILABLE"],
  ["stalled in the body", { toServer: { stallAfter: MIB / 2 } }, "TIMEOUT"],
  ["ended before the answer", { toClient: { endAfter: 0 } }, "UNAVAILABLE"],
  ["reset in the answer", { toClient: { resetAfter: 10 } }, "UNAVAILABLE"],
];

describe("a connection that is", () => {
  it.each(READ_FAULTS)("%s fails a read", async (_name, fault, code) => {
    const store = storeFailingWith(code, fault);
    const read = contentOf(store, "object");
    await expect(read).rejects.toMatchObject({ code, retryable: true, operation: "read", path: "object" });
    proxy.fault = {};
    expect(BYTES.equals(await contentOf(storeBehind({}), "object"))).toBe(true);
  });

  it.each(WRITE_FAULTS)("%s fails a write", async (name, fault, code) => {
    const path = `written/${name}`;
    for (const body of [BYTES, BYTES.subarray(0, BLOCK), chunksOf(BYTES)]) {
      const store = storeFailingWith(code, fault);
      await expect(store.write(path, body)).rejects.toMatchObject({ code, retryable: true, operation: "write", path });
      await proxy.drained();
    }
    const written = await storeBehind({}).write(path, BYTES);
    expect(written.size).toBe(BYTES.byteLength);
  });

  it("reset in a listing, a stat, a delete fails those", async () => {
    const store = storeBehind({ toClient: { resetAfter: 100 } });
    const expected = { code: "UNAVAILABLE", retryable: true };
    await expect(store.list("").next()).rejects.toMatchObject(expected);
    await expect(store.stat("object")).rejects.toMatchObject(expected);
    await expect(store.delete("nothing")).rejects.toMatchObject(expected);
  });

  it("broken once does no harm where the client may try again", async () => {
    const retries = { clientOptions: { retryOptions: { maxTries: 3, retryDelayInMs: 1 } } };
    const store = storeBehind({ connections: 1, toServer: { resetAfter: MIB / 2 } }, retries);
    await store.write("second attempt", BYTES);
    expect(BYTES.equals(await contentOf(store, "second attempt"))).toBe(true);
  });
});

describe("reads", () => {
  it("transfer only the range", async () => {
    let received = 0;
    const store = storeBehind({ toClient: { resetAfter: 100_000 } });
    for await (const chunk of await store.read("object", { offset: 2 * MIB, length: 1000 })) {
      received += chunk.byteLength;
      expect(BYTES.subarray(2 * MIB, 2 * MIB + 1000).includes(Buffer.from(chunk))).toBe(true);
    }
    expect(received).toBe(1000);
  });

  it("end at once when they are aborted, and give their connection back", async () => {
    const store = storeBehind({ toClient: { stallAfter: MIB } });
    const controller = new AbortController();
    const reason = new Error("enough");
    const result = await store.read("object", { signal: controller.signal });
    const whole = result.bytes();
    setTimeout(() => controller.abort(reason), 50);
    await expect(whole).rejects.toMatchObject({ code: "ABORTED", cause: reason });
    await proxy.drained();
    expect(proxy.open).toBe(0);
  });

  it("give their connection back when they are cancelled, or left", async () => {
    const store = storeBehind({});
    const unread = await store.read("object");
    await unread.cancel();
    for await (const chunk of await store.read("object")) {
      expect(chunk.byteLength).toBeGreaterThan(0);
      break;
    }
    await proxy.drained();
    expect(proxy.open).toBe(0);
  });
});
