import { randomUUID } from "node:crypto";
import type { StorageErrorCode } from "../../src/errors/error.js";
import { GcsStore, type GcsStoreOptions } from "../../src/gcs.js";
import { FaultProxy, type Fault } from "../fixtures/fault-proxy.js";
import { failureOf } from "../support/failure.js";
import { emulatorOptions, useEmulator } from "./gcs.js";
import { serviceVariable } from "./service-variable.js";

const MIB = 1024 * 1024;
const BYTES = Buffer.alloc(2 * MIB, "0123456789abcdef");

// Only a fault that ends in a timeout is waited for in vain; a machine under load must not look like one.
const IMPATIENT = { timeout: 300 };

let proxy: FaultProxy;
const prefix = randomUUID();

beforeAll(async () => {
  proxy = await FaultProxy.start(serviceVariable("GCS_ENDPOINT"));
  useEmulator(proxy.endpoint);
  await using store = storeBehind({});
  await store.write("object", BYTES);
});

afterAll(() => proxy.stop());

/** A store whose connections are all new, and take the fault that is set. */
function storeBehind(fault: Fault, options: Partial<GcsStoreOptions> = {}): GcsStore {
  proxy.fault = fault;
  return new GcsStore(emulatorOptions({ prefix, timeout: 20_000, ...options }));
}

async function readWhole(store: GcsStore): Promise<Uint8Array> {
  return (await store.read("object")).bytes();
}

async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
  await Promise.resolve();
  for (let start = 0; start < BYTES.byteLength; start += 100_000) yield BYTES.subarray(start, start + 100_000);
}

const FAULTS: [name: string, fault: Fault, code: StorageErrorCode][] = [
  ["refused", { refuse: true }, "UNAVAILABLE"],
  ["never answered", { blackhole: true }, "TIMEOUT"],
];

// A read opens two connections at once: the fault is in both of them.
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
    await using store = storeBehind(fault, code === "TIMEOUT" ? IMPATIENT : {});
    const failure = await failureOf(readWhole(store));
    expect(failure).toMatchObject({ code, retryable: true, operation: "read", path: "object" });
    await using after = storeBehind({});
    expect(BYTES.equals(await readWhole(after))).toBe(true);
  });
});

describe.each(["whole", "in a session", "in a session of unknown length"])("a write %s whose connection is", (kind) => {
  it.each(WRITE_FAULTS)("%s", async (name, fault, code) => {
    const path = `${kind}/${name}`;
    const chunkSize = kind === "whole" ? 4 * MIB : 256 * 1024;
    const body = (): Uint8Array | AsyncIterable<Uint8Array> => (kind.endsWith("length") ? chunks() : BYTES);
    await using store = storeBehind(fault, { chunkSize, ...(code === "TIMEOUT" && IMPATIENT) });
    expect(await failureOf(store.write(path, body()))).toMatchObject({
      code,
      retryable: true,
      operation: "write",
      path,
    });
    await using after = storeBehind({}, { chunkSize });
    if (fault.toServer !== undefined) await expect(after.stat(path)).resolves.toBeUndefined();
    await expect(after.write(path, body())).resolves.toMatchObject({ size: BYTES.byteLength });
  });
});

describe("other calls whose connection is", () => {
  it.each(FAULTS)("%s", async (_name, fault, code) => {
    await using store = storeBehind(fault, code === "TIMEOUT" ? IMPATIENT : {});
    const calls = {
      stat: () => store.stat("object"),
      delete: () => store.delete("object"),
      copy: () => store.copy("object", "copied"),
      list: () => store.list("").next(),
    };
    for (const [operation, call] of Object.entries(calls)) {
      expect(await failureOf(call())).toMatchObject({ code, retryable: true, operation });
    }
  });

  it("broken once, when the client may try again", async () => {
    const clientConfig = { projectId: "test" };
    await using store = storeBehind({ connections: 1, toServer: { resetAfter: 10 } }, { clientConfig });
    await expect(store.stat("object")).resolves.toMatchObject({ size: BYTES.byteLength });
  });

  it("slow, but not silent", async () => {
    await using store = storeBehind({ latency: 20 }, { timeout: 5_000 });
    await expect(store.write("slow", BYTES.subarray(0, 100_000))).resolves.toMatchObject({ size: 100_000 });
  });
});

describe("a body", () => {
  it("that is flipped on the way is INTEGRITY", async () => {
    await using store = storeBehind({ toClient: { corruptAt: MIB } });
    expect(await failureOf(readWhole(store))).toMatchObject({ code: "INTEGRITY", path: "object" });
    await using writing = storeBehind({ toServer: { corruptAt: MIB } });
    expect(await failureOf(writing.write("flipped", BYTES))).toMatchObject({ code: "INTEGRITY" });
    await using after = storeBehind({});
    await expect(after.stat("flipped")).resolves.toBeUndefined();
  });

  it("that stalls is given up when the caller aborts, and its connection closed", async () => {
    await using store = storeBehind({ toClient: { stallAfter: MIB } });
    const controller = new AbortController();
    const result = await store.read("object", { signal: controller.signal });
    const read = failureOf(result.bytes());
    controller.abort(new Error("enough"));
    expect(await read).toMatchObject({ code: "ABORTED" });
    await store.close();
    await proxy.drained();
  });

  it("that a reader takes slowly is not silence of the server", async () => {
    await using store = storeBehind({}, { timeout: 200 });
    let size = 0;
    for await (const chunk of await store.read("object")) {
      if (size === 0) await new Promise((resolve) => setTimeout(resolve, 600));
      size += chunk.byteLength;
    }
    expect(size).toBe(BYTES.byteLength);
  });

  it("whose connection breaks unread ends nothing else", async () => {
    await using store = storeBehind({ toClient: { resetAfter: 10_000 } });
    const result = await store.read("object");
    while (proxy.open > 1) await new Promise(setImmediate); // the other one is kept alive
    expect(await failureOf(result.bytes())).toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("connections", () => {
  it("go back when a body is cancelled, left early, aborted, or read, and are closed with the store", async () => {
    const store = storeBehind({});
    for (let round = 0; round < 3; round++) {
      await (await store.read("object")).cancel();
      for await (const chunk of await store.read("object")) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }
      const controller = new AbortController();
      const aborted = await store.read("object", { signal: controller.signal });
      controller.abort(new Error("enough"));
      expect(await failureOf(aborted.bytes())).toMatchObject({ code: "ABORTED" });
      expect(await failureOf(store.read("missing"))).toMatchObject({ code: "NOT_FOUND" });
      expect(await failureOf(store.write("x", chunks(), { size: 4 }))).toMatchObject({ code: "INTEGRITY" });
    }
    await store.close();
    await proxy.drained();
    expect(proxy.open).toBe(0);
  });

  it("stay open over calls", async () => {
    const before = proxy.connections;
    await using store = storeBehind({});
    for (let round = 0; round < 5; round++) await store.write("kept alive", "x");
    expect(proxy.connections - before).toBe(1);
  });
});

it("GcsStore.detect() sees what the emulator ignores, and leaves nothing behind", async () => {
  proxy.fault = {};
  const probed = emulatorOptions({ prefix: `${prefix}/probed`, capability: { ifMatch: true, chunkedUpload: true } });
  await using store = await GcsStore.detect(probed);
  expect(store.capability).toMatchObject({ ifNoneMatch: false, ifMatch: false, deleteIfMatch: false, presign: false });
  await expect(store.list("").next()).resolves.toMatchObject({ done: true });
  await expect(new GcsStore(probed).probe()).resolves.toMatchObject({ chunkedUpload: false });
});
