import type { StorageOptions } from "@google-cloud/storage";
import type { GcsStore, GcsStoreOptions } from "../../../../src/gcs.js";
import { sha256Digest } from "../../../../src/bytes/digest.js";
import { failureOf } from "../../../support/failure.js";
import { GcsApiServer } from "./gcs-api-server.js";
import { apiStore, BYTES, chunksOf, contentOf, UNIT } from "./gcs-api-store.js";

let server: GcsApiServer;

beforeEach(async () => {
  server = await GcsApiServer.start();
});

afterEach(() => server.stop());

function storeWith(clientConfig: StorageOptions = {}, options: Partial<GcsStoreOptions> = {}): GcsStore {
  return apiStore(server, clientConfig, options);
}

function sent(pattern: RegExp): string[] {
  return server.requests.filter((request) => pattern.test(request));
}

describe("an upload in chunks", () => {
  it("tells the size with the last one", async () => {
    await using store = storeWith();
    const written = await store.write("a", chunksOf(BYTES), { contentType: "a/b", metadata: { owner: "me" } });
    expect(written).toMatchObject({ size: BYTES.byteLength, contentType: "a/b", metadata: { owner: "me" } });
    expect(sent(/^PUT/).map((request) => request.split(" bytes ")[1])).toEqual([
      "0-262143/*",
      "262144-524287/*",
      "524288-524288/524289",
    ]);
    expect(BYTES.equals(await contentOf(store, "a"))).toBe(true);
  });

  it.each([UNIT, UNIT + 1, 2 * UNIT, 2 * UNIT + 1])("writes %i bytes, in whatever pieces they come", async (size) => {
    await using store = storeWith();
    const bytes = BYTES.subarray(0, size);
    for (const piece of [7919, UNIT, size]) {
      await store.write("a", chunksOf(bytes, piece), { digest: sha256Digest(bytes) });
      expect(bytes.equals(await contentOf(store, "a"))).toBe(true);
    }
  });

  it("sends again what the server did not keep, and asks what it has after a failure", async () => {
    await using store = storeWith();
    server.keeps = UNIT;
    await store.write("kept", BYTES);
    await store.write("whole", BYTES, { ifNoneMatch: "*" });
    const failures = ["0-262143/*", "524288-524288/524289"];
    server.keeps = Infinity;
    server.interfere = ({ range }) => {
      const index = failures.indexOf(range?.slice("bytes ".length) ?? "");
      if (index === -1) return undefined;
      failures.splice(index, 1);
      return index === 0 ? { status: 503, reason: "backendError" } : "lose";
    };
    await store.write("failed", chunksOf(BYTES));
    expect(failures).toEqual([]);
    for (const path of ["kept", "whole", "failed"]) expect(BYTES.equals(await contentOf(store, path))).toBe(true);
  });

  it("ends when the server keeps nothing, again and again", async () => {
    await using store = storeWith();
    server.keeps = 0;
    expect(await failureOf(store.write("a", BYTES))).toMatchObject({ code: "UNAVAILABLE", retryable: true });
    expect(sent(/^PUT/).length).toBeLessThan(10);
    expect(server.names).toEqual([]);
  });

  it("is UNAVAILABLE when its session is gone", async () => {
    await using store = storeWith();
    server.interfere = ({ method }) => (method === "PUT" ? { status: 410, reason: "gone" } : undefined);
    expect(await failureOf(store.write("a", chunksOf(BYTES)))).toMatchObject({ code: "UNAVAILABLE", path: "a" });
    expect(sent(/^PUT/)).toHaveLength(1);
  });

  it.each<[string, (signal: AbortController) => AsyncIterable<Uint8Array>, object, string]>([
    ["the source fails", () => failing(), {}, "UNEXPECTED"],
    ["the digest is another", () => chunksOf(BYTES), { digest: sha256Digest(Buffer.from("x")) }, "INTEGRITY"],
    ["the size is another", () => chunksOf(BYTES), { size: BYTES.byteLength + 1 }, "INTEGRITY"],
    ["the caller aborts", (controller) => aborting(controller), {}, "ABORTED"],
  ])("makes no object and is given up when %s", async (_name, source, options, code) => {
    for (const chunkedUpload of [true, false]) {
      await using store = storeWith({}, { capability: { chunkedUpload } });
      const cancelled = server.cancelled;
      const controller = new AbortController();
      const written = store.write("a", source(controller), { ...options, signal: controller.signal });
      expect(await failureOf(written)).toMatchObject({ code, operation: "write", path: "a" });
      while (server.cancelled === cancelled) await new Promise(setImmediate);
      expect(server.names).toEqual([]);
    }
  });

  it("hears of a refusal while the source hangs", async () => {
    for (const chunkedUpload of [true, false]) {
      await using store = storeWith({}, { capability: { chunkedUpload } });
      server.interfere = ({ url }) => (url.pathname.startsWith("/upload/") ? { status: 403 } : undefined);
      async function* hanging(): AsyncGenerator<Uint8Array, void, undefined> {
        yield* chunksOf(BYTES);
        await new Promise(() => undefined);
      }
      expect(await failureOf(store.write("a", hanging()))).toMatchObject({ code: "PERMISSION_DENIED" });
    }
  });

  it("is UNSUPPORTED where the server takes the first chunk for the whole", async () => {
    await using store = storeWith();
    server.interfere = ({ range }) => (range === "bytes 0-262143/*" ? { status: 200 } : undefined);
    expect(await failureOf(store.write("a", chunksOf(BYTES)))).toMatchObject({ code: "UNSUPPORTED" });
  });
});

async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunksOf(BYTES);
  throw new Error("broken");
}

async function* aborting(controller: AbortController): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunksOf(BYTES);
  controller.abort(new Error("enough"));
  yield BYTES;
}
