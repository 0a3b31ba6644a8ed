import { IdempotencyStrategy, type StorageOptions } from "@google-cloud/storage";
import type { GcsStore, GcsStoreOptions } from "../../../../src/gcs.js";
import { bytesOnly } from "../../../../src/store/spared-requests.js";
import type { ReadOptions } from "../../../../src/store/store.js";
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

describe("a read of bytes alone", () => {
  const read = async (store: GcsStore, options: ReadOptions = {}): Promise<string> => {
    const result = await store.read("a", bytesOnly(store, options));
    expect(result.info).toMatchObject({ path: "a", size: 3, etag: expect.stringMatching(/^\d+$/) });
    return Buffer.from(await result.bytes()).toString();
  };

  it("is one request, of the whole and of a part", async () => {
    await using store = storeWith();
    await store.write("a", "abc", { metadata: { k: "v" } });
    expect([await read(store), await read(store, { offset: 1, length: 1 })]).toEqual(["abc", "b"]);
    expect(sent(/^GET/)).toHaveLength(2);
    expect((await store.read("a")).info).toMatchObject({ metadata: { k: "v" } });
  });

  it("is compared with the checksum that its answer has", async () => {
    await using store = storeWith();
    await store.write("a", "abc");
    server.wrongChecksum = true;
    expect(await failureOf(read(store))).toMatchObject({ code: "INTEGRITY" });
  });

  it.each(["x-goog-generation", "content-length", "content-range"])("is two where it has no %s", async (header) => {
    await using store = storeWith();
    await store.write("a", "abc");
    server.leavesOut = header;
    expect(await read(store)).toBe("abc");
    expect(await read(store, { offset: 1 })).toBe("bc");
    expect(sent(/^GET/).length).toBeGreaterThan(2);
  });

  it("of a range past the end, and of nothing, is as with a description", async () => {
    await using store = storeWith();
    await store.write("a", "abc");
    expect(await read(store, { offset: 3 })).toBe("");
    expect(await failureOf(store.read("b", bytesOnly(store, {})))).toMatchObject({ code: "NOT_FOUND", path: "b" });
  });
});

it("a read of a range that the object has grown into begins anew", async () => {
  await using store = storeWith();
  await store.write("a", "old");
  server.interfere = async ({ method, url }) => {
    if (method !== "GET" || url.searchParams.has("alt")) return undefined;
    server.interfere = () => undefined;
    while (sent(/alt=media/).length === 0) await new Promise(setImmediate);
    await store.write("a", "newer");
    return undefined;
  };
  const result = await store.read("a", { offset: 4 });
  expect(Buffer.from(await result.bytes()).toString()).toBe("r");
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
