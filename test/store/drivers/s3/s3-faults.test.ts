import { S3Client } from "@aws-sdk/client-s3";
import { S3Store } from "../../../../src/s3.js";
import type { StorageErrorCode } from "../../../../src/errors/error.js";
import { FaultProxy, type Fault } from "../../../fixtures/fault-proxy.js";
import { createBucket, s3ClientConfig, startS3Server, type S3Server } from "../../../fixtures/s3-server.js";

const MIB = 1024 * 1024;
const BYTES = Buffer.alloc(2 * MIB, "0123456789abcdef");

let server: S3Server;
let proxy: FaultProxy;
let bucket: string;
let direct: S3Store;

beforeAll(async () => {
  server = await startS3Server();
  proxy = await FaultProxy.start(server.endpoint);
  const client = new S3Client(s3ClientConfig(server.endpoint));
  bucket = await createBucket(client);
  client.destroy();
  direct = new S3Store({ bucket, clientConfig: s3ClientConfig(server.endpoint) });
  await direct.write("object", BYTES);
});

afterAll(async () => {
  await direct.close();
  await proxy.stop();
  await server.stop();
});

afterEach(() => {
  proxy.fault = {};
});

// Only a fault that ends in a timeout is waited for in vain; a machine under load must not look like one.
const PATIENT = { connectionTimeout: 20_000, socketTimeout: 20_000 };
const IMPATIENT = { connectionTimeout: 500, socketTimeout: 300 };

/** A store whose connections are all new, and take the fault that is set. */
function storeBehind(fault: Fault, config: object = {}): S3Store {
  proxy.fault = fault;
  return new S3Store({
    bucket,
    partSize: 5 * MIB,
    clientConfig: s3ClientConfig(proxy.endpoint, {
      requestHandler: PATIENT,
      ...config,
    }),
  });
}

/** The same, for a fault whose outcome is known. */
function storeFailingWith(code: StorageErrorCode, fault: Fault): S3Store {
  return storeBehind(fault, code === "TIMEOUT" ? { requestHandler: IMPATIENT } : {});
}

/** A store for what comes after the fault: the same one, unless that is impatient. */
function storeAfter(code: StorageErrorCode, store: S3Store): S3Store {
  proxy.fault = {};
  return code === "TIMEOUT" ? storeBehind({}) : store;
}

async function readWhole(store: S3Store): Promise<Uint8Array> {
  const result = await store.read("object");
  return result.bytes();
}

async function expectWhole(store: S3Store): Promise<void> {
  expect(BYTES.equals(await readWhole(store))).toBe(true); // toEqual() takes seconds for megabytes
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
  ["reset in the body", { toServer: { resetAfter: MIB } }, "UNAVAILABLE"],
  ["ended in the body", { toServer: { endAfter: MIB } }, "UNAVAILABLE"],
  ["stalled in the body", { toServer: { stallAfter: MIB } }, "TIMEOUT"],
  ["ended before the answer", { toClient: { endAfter: 0 } }, "UNAVAILABLE"],
  ["reset in the answer", { toClient: { resetAfter: 10 } }, "UNAVAILABLE"],
];

describe("a read whose connection is", () => {
  it.each(READ_FAULTS)("%s", async (_name, fault, code) => {
    await using store = storeFailingWith(code, fault);
    await expect(readWhole(store)).rejects.toMatchObject({ code, retryable: true, operation: "read", path: "object" });
    await using after = storeAfter(code, store);
    await expectWhole(after);
  });
});

describe("a write whose connection is", () => {
  it.each(WRITE_FAULTS)("%s", async (name, fault, code) => {
    const path = `written/${name}`;
    await using store = storeFailingWith(code, fault);
    await expect(store.write(path, BYTES)).rejects.toMatchObject({ code, retryable: true, operation: "write", path });
    await using after = storeAfter(code, store);
    await expect(after.write(path, BYTES)).resolves.toMatchObject({ size: BYTES.byteLength });
    expect((await direct.stat(path))?.size).toBe(BYTES.byteLength);
  });

  it("slow, but not silent", async () => {
    await using store = storeBehind({ latency: 20 });
    await expect(store.write("slow", BYTES.subarray(0, 100_000))).resolves.toMatchObject({ size: 100_000 });
  });

  it("broken once, when the client may try again", async () => {
    await using store = storeBehind({ connections: 1, toServer: { resetAfter: MIB } }, { maxAttempts: 2 });
    await expect(store.write("second attempt", BYTES)).resolves.toMatchObject({ size: BYTES.byteLength });
  });
});

describe("a multipart write whose connections break", () => {
  it.each<[string, Fault, StorageErrorCode]>([
    ["in a part", { toServer: { resetAfter: 3 * MIB } }, "UNAVAILABLE"],
    ["silently", { toServer: { stallAfter: 3 * MIB } }, "TIMEOUT"],
  ])("%s", async (name, fault, code) => {
    const path = `parts/${name}`;
    await using store = storeFailingWith(code, fault);
    await expect(store.write(path, Buffer.alloc(11 * MIB))).rejects.toMatchObject({ code, retryable: true, path });
    await expect(direct.stat(path)).resolves.toBeUndefined();
  });
});

describe("sockets", () => {
  // A pool of one: whatever keeps its socket blocks the next call, which would then time out.
  const ONE_SOCKET = { requestHandler: { httpAgent: { maxSockets: 1 }, socketTimeout: 15_000 } };

  it("go back when a body is cancelled, left early, aborted, or read", async () => {
    await using store = storeBehind({}, ONE_SOCKET);
    for (let round = 0; round < 3; round++) {
      const unread = await store.read("object");
      await unread.cancel();
      for await (const chunk of await store.read("object")) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }
      const controller = new AbortController();
      const aborted = await store.read("object", { signal: controller.signal });
      controller.abort(new Error("enough"));
      await expect(aborted.bytes()).rejects.toMatchObject({ code: "ABORTED" });
      await expectWhole(store);
    }
  });

  it("go back when a call fails", async () => {
    await using store = storeBehind({}, ONE_SOCKET);
    for (let round = 0; round < 3; round++) {
      await expect(store.read("missing")).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(store.stat("missing")).resolves.toBeUndefined();
      await expect(store.read("object", { offset: BYTES.byteLength })).resolves.toBeDefined();
      await expect(store.write("x", "abc", { size: 4 })).rejects.toMatchObject({ code: "INTEGRITY" });
    }
    await expectWhole(store);
  });

  it("stay open over calls, and are closed with the store", async () => {
    const before = proxy.connections;
    const store = storeBehind({});
    for (let round = 0; round < 5; round++) await store.write("kept alive", "x");
    expect(proxy.connections - before).toBe(1);
    const closed = proxy.drained();
    await store.close();
    await closed;
    expect(proxy.open).toBe(0);
  });

  it("of a client of the caller stay open when the store is closed", async () => {
    const client = new S3Client(s3ClientConfig(server.endpoint));
    const store = new S3Store({ bucket, client });
    await store.write("a", "x");
    await store.close();
    await store.close();
    await expect(store.stat("a")).resolves.toMatchObject({ size: 1 });
    client.destroy();
  });
});

it("ends an unread body that breaks without an uncaught error", async () => {
  await using store = storeBehind({ toClient: { resetAfter: 10_000 } }); // no more than the sockets hold
  const result = await store.read("object").catch(() => undefined);
  await proxy.drained();
  if (result !== undefined) await expect(result.bytes()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(proxy.open).toBe(0);
});
