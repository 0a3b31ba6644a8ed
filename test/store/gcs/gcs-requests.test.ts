import { inspect } from "node:util";
import { Storage, IdempotencyStrategy, type StorageOptions } from "@google-cloud/storage";
import { GcsStore, type GcsStoreOptions } from "../../../src/gcs.js";
import { sha256Digest } from "../../../src/store/body.js";
import { failureOf } from "../../support/failure.js";
import { GcsApiServer } from "./gcs-api-server.js";

const UNIT = 256 * 1024;
const BYTES = Buffer.alloc(2 * UNIT + 1, "0123456789abcdef!");

let server: GcsApiServer;

beforeEach(async () => {
  server = await GcsApiServer.start();
});

afterEach(() => server.stop());

// Pauses take no time; what takes longer than any of them is a deadline.
const clock = {
  now: () => Date.now(),
  setTimeout: (callback: () => void, delay: number) => setTimeout(callback, delay < 20_000 ? 0 : delay),
  clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
};
const capability = { ifNoneMatch: true, ifMatch: true, deleteIfMatch: true, chunkedUpload: true };

function storeWith(clientConfig: StorageOptions = {}, options: Partial<GcsStoreOptions> = {}): GcsStore {
  return new GcsStore({
    bucket: "bucket",
    clientConfig: { apiEndpoint: server.endpoint, ...clientConfig },
    capability,
    chunkSize: UNIT,
    clock,
    ...options,
  });
}

async function* chunksOf(bytes: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array, void, undefined> {
  await Promise.resolve();
  for (let start = 0; start < bytes.byteLength; start += size) yield bytes.subarray(start, start + size);
}

async function contentOf(store: GcsStore, path: string): Promise<Buffer> {
  const result = await store.read(path);
  return Buffer.from(await result.bytes());
}

function sent(pattern: RegExp): string[] {
  return server.requests.filter((request) => pattern.test(request));
}

describe("a condition", () => {
  it("is sent as a generation, 0 for no object", async () => {
    await using store = storeWith();
    const { etag } = await store.write("a", "x", { ifNoneMatch: "*" });
    await store.write("a", "y", { ifMatch: etag });
    const { etag: current } = (await store.stat("a"))!;
    await store.delete("a", { ifMatch: `"${current}"` });
    expect(sent(/ifGenerationMatch/).map((request) => /ifGenerationMatch=(\d+)/.exec(request)![1])).toEqual([
      "0",
      etag,
      current,
    ]);
    expect(server.names).toEqual([]);
  });

  it.each(["0", "-1", "1.5", "", "abc", '"0"', "9223372036854775808", "W/1", "01"])(
    "that no generation can keep (%j) is not sent",
    async (ifMatch) => {
      await using store = storeWith();
      await store.write("a", "x");
      const before = server.requests.length;
      const code = ifMatch === "" ? "CONFIG_INVALID" : "PRECONDITION_FAILED";
      expect(await failureOf(store.write("a", "y", { ifMatch }))).toMatchObject({
        code,
        operation: "write",
        path: "a",
      });
      expect(await failureOf(store.write("b", "y", { ifMatch }))).toMatchObject({ code });
      expect(await failureOf(store.delete("a", { ifMatch }))).toMatchObject({ code, operation: "delete" });
      expect(server.requests).toHaveLength(before);
    },
  );

  it("that fails shows before the body is sent", async () => {
    await using store = storeWith();
    await store.write("a", "x");
    expect(await failureOf(store.write("a", BYTES, { ifNoneMatch: "*" }))).toMatchObject({ code: "ALREADY_EXISTS" });
    expect(await failureOf(store.write("a", chunksOf(BYTES), { ifMatch: "7" }))).toMatchObject({
      code: "PRECONDITION_FAILED",
    });
    expect(sent(/^PUT/)).toEqual([]);
  });

  it("that fails at the end is told apart too", async () => {
    await using store = storeWith();
    async function* raced(): AsyncGenerator<Uint8Array, void, undefined> {
      yield* chunksOf(BYTES);
      await store.write("a", "first");
    }
    expect(await failureOf(store.write("a", raced(), { ifNoneMatch: "*" }))).toMatchObject({ code: "ALREADY_EXISTS" });
    expect(await contentOf(store, "a")).toEqual(Buffer.from("first"));
  });

  it.each(["bytes", "chunks"])("that held is not taken for broken when the answer to %s is lost", async (kind) => {
    await using store = storeWith();
    let losses = 0;
    server.interfere = ({ method, range }) =>
      method === "PUT" && range?.endsWith("/524289") && !range.includes("*") && losses++ === 0 ? "lose" : undefined;
    const written = await store.write("a", kind === "bytes" ? BYTES : chunksOf(BYTES), { ifNoneMatch: "*" });
    expect(losses).toBe(1);
    expect(sent(/^PUT .* bytes \*\/524289$/)).toHaveLength(1);
    expect(written).toEqual(await store.stat("a"));
    expect(BYTES.equals(await contentOf(store, "a"))).toBe(true);
  });
});

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

describe("other requests", () => {
  it("copy by as many rewrites as the server needs", async () => {
    await using store = storeWith();
    const { etag } = await store.write("from", BYTES, { contentType: "a/b", metadata: { owner: "me" } });
    server.rewriteSize = UNIT;
    const copied = await store.copy("from", "to");
    expect(copied).toMatchObject({ path: "to", size: BYTES.byteLength, contentType: "a/b", metadata: { owner: "me" } });
    expect(copied.etag).not.toBe(etag);
    expect(sent(/rewriteTo/)).toHaveLength(3);
    expect(BYTES.equals(await contentOf(store, "to"))).toBe(true);
  });

  it("list from where the caller wants to go on", async () => {
    await using store = storeWith({}, { prefix: "p/q" });
    for (const path of ["a", "b", "c/d", "c/e"]) await store.write(path, "x");
    const paths: string[] = [];
    for await (const { path } of store.list("", { startAfter: "b", limit: 1 })) paths.push(path);
    expect(paths).toEqual(["c/d"]);
    expect(sent(/startOffset=p%2Fq%2Fb/)).toHaveLength(1);
  });

  it("name an object otherwise where GCS forbids its path, and list it where the path belongs", async () => {
    await using store = storeWith();
    const forbidden = ".well-known/acme-challenge/token";
    const paths = [".well-known/a", ".well-known/acme-challenge.x", forbidden, ".well-known/acme-challenge0"].concat(
      ".well-known/acme-challenge.\u{10ffff}/token",
    );
    for (const path of paths) await store.write(path, path);
    expect(server.names).not.toContain(forbidden);
    expect(new Set(server.names).size).toBe(paths.length);
    for (const path of paths) expect(await contentOf(store, path)).toEqual(Buffer.from(path));
    const listed: string[] = [];
    for await (const { path } of store.list(".well-known/acme-challenge")) listed.push(path);
    expect(listed).toEqual(paths.slice(1).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    const below: string[] = [];
    for await (const { path } of store.list(".well-known/acme-challenge/")) below.push(path);
    expect(below).toEqual([forbidden]);
    const long = `.well-known/acme-challenge/${"x".repeat(1024 - 27)}`;
    expect(await failureOf(store.stat(long))).toMatchObject({ code: "INVALID_PATH" });
  });

  it("begin a read anew when the object was overwritten between its two requests", async () => {
    await using store = storeWith();
    await store.write("a", "old");
    const other = storeWith();
    let contentAsked: () => void;
    const content = new Promise<void>((resolve) => (contentAsked = resolve));
    let descriptions = 0;
    server.interfere = async ({ method, url }) => {
      if (url.searchParams.has("alt")) contentAsked();
      else if (method === "GET" && descriptions++ === 0) {
        await content;
        await other.write("a", "newer");
      }
      return undefined;
    };
    const result = await store.read("a");
    expect(result.info.size).toBe(5);
    expect(Buffer.from(await result.bytes()).toString()).toBe("newer");
    expect(sent(/alt=media/)).toHaveLength(2);
    await other.close();
  });
});

describe("sending again", () => {
  let failures: number;

  function failTwice(): void {
    failures = 0;
    server.interfere = () => (failures++ < 2 ? { status: 503, reason: "backendError" } : undefined);
  }

  it("is for what does no harm twice", async () => {
    await using store = storeWith();
    await store.write("a", "x");
    failTwice();
    await expect(store.stat("a")).resolves.toMatchObject({ size: 1 });
    failTwice();
    await expect(store.write("b", "x", { ifNoneMatch: "*" })).resolves.toMatchObject({ size: 1 });
    for (const call of [() => store.write("a", "y"), () => store.delete("a"), () => store.copy("a", "c")]) {
      failTwice();
      expect(await failureOf(call())).toMatchObject({ code: "UNAVAILABLE", cause: { attempts: 1 } });
    }
  });

  it("is what the client's options say", async () => {
    const { RetryAlways, RetryNever } = IdempotencyStrategy;
    await using always = storeWith({ retryOptions: { idempotencyStrategy: RetryAlways } });
    failTwice();
    await expect(always.write("a", "y")).resolves.toMatchObject({ size: 1 });
    for (const retryOptions of [{ idempotencyStrategy: RetryNever }, { autoRetry: false }, { maxRetries: 1 }]) {
      await using store = storeWith({ retryOptions });
      failTwice();
      expect(await failureOf(store.stat("a"))).toMatchObject({ code: "UNAVAILABLE" });
    }
  });

  it("ends with the time that it may take, and with an abort", async () => {
    const real = { clock: undefined };
    server.interfere = () => ({ status: 503 });
    await using short = storeWith({ retryOptions: { totalTimeout: 0.1 } }, real);
    expect(await failureOf(short.stat("a"))).toMatchObject({ code: "UNAVAILABLE", cause: { attempts: 1 } });
    await using store = storeWith({}, real);
    const controller = new AbortController();
    const aborted = failureOf(store.stat("a", { signal: controller.signal }));
    while (server.requests.length < 2) await new Promise(setImmediate);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await aborted).toMatchObject({ code: "ABORTED", cause: reason });
  });
});

describe("credentials", () => {
  function clientWith(getRequestHeaders: () => Promise<object>): Storage {
    const authClient = { getRequestHeaders } as unknown as NonNullable<StorageOptions["authClient"]>;
    const retryOptions = { autoRetry: false };
    return new Storage({ apiEndpoint: server.endpoint, useAuthWithCustomEndpoint: true, authClient, retryOptions });
  }

  it("go with every request, but not to the URL of a session, and into no error", async () => {
    const client = clientWith(() => Promise.resolve({ Authorization: "Bearer SECRET" }));
    const authorized: string[] = [];
    const unauthorized: string[] = [];
    server.onHeaders = (request, { authorization }) =>
      (authorization === "Bearer SECRET" ? authorized : unauthorized).push(request);
    await using store = new GcsStore({ bucket: "bucket", client, capability, chunkSize: UNIT });
    await store.write("a", chunksOf(BYTES));
    await contentOf(store, "a");
    expect(unauthorized).toHaveLength(3);
    expect(unauthorized.every((request) => request.includes("upload_id="))).toBe(true);
    expect(authorized).toHaveLength(3);
    server.interfere = () => ({ status: 401, reason: "authError" });
    const error = await failureOf(store.stat("a"));
    expect(error).toMatchObject({ code: "PERMISSION_DENIED", cause: { name: "authError", requestId: "UPLOAD-1" } });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("SECRET");
  });

  it("that can't be had are PERMISSION_DENIED, and what failed is not repeated", async () => {
    const config = { headers: { Authorization: "SECRET" } };
    const refused = Object.assign(new Error("SECRET"), { status: 400, config, response: { status: 400, config } });
    await using store = new GcsStore({ bucket: "bucket", client: clientWith(() => Promise.reject(refused)) });
    const error = await failureOf(store.stat("a"));
    expect(error).toMatchObject({ code: "PERMISSION_DENIED", operation: "stat", path: "a" });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("SECRET");
    const unreachable = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
    await using down = new GcsStore({ bucket: "bucket", client: clientWith(() => Promise.reject(unreachable)) });
    expect(await failureOf(down.stat("a"))).toMatchObject({ code: "UNAVAILABLE", retryable: true });
  });

  it("that never come end in a TIMEOUT, or with the caller's signal", async () => {
    const client = clientWith(() => new Promise(() => undefined));
    await using store = new GcsStore({ bucket: "bucket", client, timeout: 20 });
    expect(await failureOf(store.stat("a"))).toMatchObject({ code: "TIMEOUT" });
    await using patient = new GcsStore({ bucket: "bucket", client });
    const controller = new AbortController();
    const aborted = failureOf(patient.stat("a", { signal: controller.signal }));
    controller.abort(new Error("enough"));
    expect(await aborted).toMatchObject({ code: "ABORTED" });
  });

  it("and interceptors are those of the client", async () => {
    const client = new Storage({ apiEndpoint: server.endpoint });
    const request = (options: object): object => ({ ...options, headers: { "x-test": "intercepted" } });
    client.interceptors.push({ request } as (typeof client.interceptors)[number]);
    const seen: unknown[] = [];
    server.onHeaders = (_request, headers) => seen.push(headers["x-test"]);
    await using store = new GcsStore({ bucket: "bucket", client });
    await store.write("a", "x");
    expect(seen).toEqual(["intercepted"]);
  });
});
