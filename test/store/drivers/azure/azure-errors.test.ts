import { inspect } from "node:util";
import { ContainerClient } from "@azure/storage-blob";
import { AzureFailure, AzureStore, type AzureStoreOptions } from "../../../../src/azure.js";
import { StorageError, type StorageErrorCode } from "../../../../src/errors/error.js";
import { AzureContainer } from "../../../../src/store/drivers/azure/container.js";
import { parseAzureOptions } from "../../../../src/store/drivers/azure/options.js";
import { FakeClock } from "../../../../src/testing/index.js";
import { knownSource } from "../../../../src/store/spared-requests.js";
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from "../../../fixtures/scripted-server.js";

const accountKey = Buffer.from("the secret key of the account").toString("base64");

const client = new ContainerClient("https://account.blob.core.windows.net/box");

let server: ScriptedServer;
let store: AzureStore;

beforeAll(async () => {
  server = await startScriptedServer();
  store = storeAt(server.endpoint);
});

afterAll(() => server.stop());

beforeEach(() => {
  server.requests.length = 0;
});

function storeAt(endpoint: string, options: Partial<AzureStoreOptions> = {}): AzureStore {
  return new AzureStore({
    container: "box",
    accountUrl: `${endpoint}/account`,
    credential: { accountName: "account", accountKey },
    clientOptions: { retryOptions: { maxTries: 1 } },
    ...options,
  });
}

function azureError(status: number, code: string, message = "said the server"): ScriptedAnswer {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  const headers = { "content-type": "application/xml", "x-ms-error-code": code, "x-ms-request-id": "REQUEST-1" };
  return { status, headers, body };
}

function page(names: string[], marker = ""): ScriptedAnswer {
  const blobs = names.map(
    (name) =>
      `<Blob><Name>${name}</Name><Properties><Last-Modified>Sat, 21 Nov 2026 06:00:00 GMT</Last-Modified>` +
      `<Etag>0x1</Etag><Content-Length>1</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>`,
  );
  const body =
    `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="http://x/" ContainerName="box">` +
    `<Blobs>${blobs.join("")}</Blobs><NextMarker>${marker}</NextMarker></EnumerationResults>`;
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}

async function failureOf(call: Promise<unknown>): Promise<StorageError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StorageError);
  return error as StorageError;
}

/** Everything that a log could show of an error. */
function shown(error: StorageError): string {
  return [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), String(error.cause)].join("\n");
}

describe("errors of the service", () => {
  const CASES: [status: number, code: string, expected: StorageErrorCode][] = [
    [404, "BlobNotFound", "NOT_FOUND"],
    [404, "ResourceNotFound", "NOT_FOUND"],
    [404, "ContainerNotFound", "CONTAINER_NOT_FOUND"],
    [409, "ContainerBeingDeleted", "CONTAINER_NOT_FOUND"],
    [403, "AuthenticationFailed", "PERMISSION_DENIED"],
    [403, "AuthorizationFailure", "PERMISSION_DENIED"],
    [403, "AuthorizationPermissionMismatch", "PERMISSION_DENIED"],
    [403, "AccountIsDisabled", "PERMISSION_DENIED"],
    [400, "InvalidAuthenticationInfo", "PERMISSION_DENIED"],
    [401, "NoAuthenticationInformation", "PERMISSION_DENIED"],
    [409, "BlobImmutableDueToPolicy", "PERMISSION_DENIED"],
    [503, "ServerBusy", "THROTTLED"],
    [429, "SomethingNew", "THROTTLED"],
    [500, "InternalError", "UNAVAILABLE"],
    [503, "SomethingNew", "UNAVAILABLE"],
    [502, "SomethingNew", "UNAVAILABLE"],
    [412, "LeaseIdMissing", "UNAVAILABLE"],
    [409, "PendingCopyOperation", "UNAVAILABLE"],
    [400, "InvalidBlockList", "UNAVAILABLE"],
    [500, "OperationTimedOut", "TIMEOUT"],
    [408, "SomethingNew", "TIMEOUT"],
    [413, "RequestBodyTooLarge", "LIMIT_EXCEEDED"],
    [400, "MetadataTooLarge", "LIMIT_EXCEEDED"],
    [507, "SomethingNew", "INSUFFICIENT_STORAGE"],
    [400, "Md5Mismatch", "INTEGRITY"],
    [412, "ConditionNotMet", "PRECONDITION_FAILED"],
    [409, "BlobArchived", "UNSUPPORTED"],
    [501, "SomethingNew", "UNSUPPORTED"],
    [400, "InvalidResourceName", "INVALID_PATH"],
    [418, "SomethingNew", "UNEXPECTED"],
    [400, "constructor", "UNEXPECTED"],
  ];

  it.each(CASES)("%i %s is %s", async (status, code, expected) => {
    server.script = [azureError(status, code)];
    const error = await failureOf(store.read("a/b"));
    expect(error).toMatchObject({ code: expected, operation: "read", store: "azure", path: "a/b" });
    expect(error.retryable).toBe(["THROTTLED", "UNAVAILABLE", "TIMEOUT"].includes(expected));
    expect(error.cause).toBeInstanceOf(AzureFailure);
    expect(error.cause).toMatchObject({ name: code, httpStatus: status, requestId: "REQUEST-1" });
  });

  it("are read from the header where there is no body", async () => {
    server.script = [{ status: 404, headers: { "x-ms-error-code": "ContainerNotFound" } }];
    expect(await failureOf(store.stat("a"))).toMatchObject({ code: "CONTAINER_NOT_FOUND", operation: "stat" });
    server.script = [{ status: 404 }];
    await expect(store.stat("a")).resolves.toBeUndefined();
    server.script = [{ status: 403 }];
    expect(await failureOf(store.stat("a"))).toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("are UNEXPECTED where the answer is not Azure's", async () => {
    server.script = [{ status: 200, headers: { "content-type": "text/html" }, body: "<html>secret page</html>" }];
    for (const call of [() => store.list("").next(), () => store.read("a")]) {
      const error = await failureOf(call());
      expect(error.code).toBe("UNEXPECTED");
      expect(shown(error)).not.toContain("secret page");
    }
  });

  it("ifMatch that meets a missing object is PRECONDITION_FAILED, a missing container is not", async () => {
    for (const [status, code, expected] of [
      [412, "ConditionNotMet", "PRECONDITION_FAILED"],
      [404, "BlobNotFound", "PRECONDITION_FAILED"],
      [404, "ContainerNotFound", "CONTAINER_NOT_FOUND"],
    ] as const) {
      server.script = [azureError(status, code)];
      expect(await failureOf(store.write("a", "x", { ifMatch: '"1"' }))).toMatchObject({ code: expected });
      expect(await failureOf(store.delete("a", { ifMatch: '"1"' }))).toMatchObject({ code: expected });
    }
  });

  it.each([
    [409, "BlobAlreadyExists"],
    [412, "ConditionNotMet"],
  ])("ifNoneMatch that meets %i %s is ALREADY_EXISTS", async (status, code) => {
    server.script = [azureError(status, code)];
    expect(await failureOf(store.write("a", "x", { ifNoneMatch: "*" }))).toMatchObject({ code: "ALREADY_EXISTS" });
  });

  it("looks what became of the condition when another writer threw the blocks away", async () => {
    const small = storeAt(server.endpoint, { blockSize: 65_536 });
    const staged: ScriptedAnswer = { status: 201 };
    const overtaken = [staged, staged, azureError(400, "InvalidBlockList")];
    const found: ScriptedAnswer = { status: 200, headers: { etag: '"2"', "content-length": "0" } };
    const missing: ScriptedAnswer = { status: 404, headers: { "x-ms-error-code": "BlobNotFound" } };
    const body = Buffer.alloc(100_000);
    server.script = [...overtaken, found];
    expect(await failureOf(small.write("a", body, { ifNoneMatch: "*" }))).toMatchObject({ code: "ALREADY_EXISTS" });
    server.script = [...overtaken, missing];
    expect(await failureOf(small.write("a", body, { ifNoneMatch: "*" }))).toMatchObject({ code: "UNAVAILABLE" });
    server.script = [...overtaken, found];
    expect(await failureOf(small.write("a", body, { ifMatch: '"1"' }))).toMatchObject({ code: "PRECONDITION_FAILED" });
    server.script = [...overtaken, found];
    expect(await failureOf(small.write("a", body, { ifMatch: "2" }))).toMatchObject({ code: "UNAVAILABLE" });
    server.script = [...overtaken, ...overtaken, staged, staged, { status: 201, headers: { etag: '"3"' } }];
    await expect(small.write("a", body)).resolves.toMatchObject({ etag: '"3"', size: 100_000 });
  });
});

describe("secrets", () => {
  const signature = "c2lnbmF0dXJlIHRoYXQgaXMgYSBzZWNyZXQ";

  it("of a key, a signature or a token are in no error, whatever the service quotes", async () => {
    const url = `${server.endpoint}/account?sv=2024-11-04&sp=rw&sig=${signature}`;
    const stores = [store, storeAt(server.endpoint, { accountUrl: url, credential: undefined })];
    for (const one of stores) {
      server.script = [azureError(403, "AuthenticationFailed", `the string to sign was ${accountKey} ${signature}`)];
      const calls = [
        () => one.read("a"),
        () => one.stat("a"),
        () => one.write("a", "payload"),
        () => one.delete("a"),
        () => one.list("").next(),
        () => one.copy("a", "b"),
      ];
      for (const call of calls) {
        const error = await failureOf(call());
        expect(error.code).toBe("PERMISSION_DENIED");
        expect(shown(error)).not.toMatch(/sig=|SharedKey|authorization/i);
        expect(shown(error)).not.toContain(accountKey);
        expect(shown(error)).not.toContain(signature);
        expect(shown(error)).not.toContain("payload");
      }
    }
    expect(server.headers.authorization ?? "").not.toContain(accountKey);
  });

  it("are in no error when nobody answers", async () => {
    const gone = await startScriptedServer();
    await gone.stop();
    const refused = storeAt(gone.endpoint, {
      accountUrl: `${gone.endpoint}/account?sig=${signature}`,
      credential: undefined,
    });
    const error = await failureOf(refused.write("a", "payload"));
    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true, cause: { code: "ECONNREFUSED" } });
    expect(shown(error)).not.toContain(signature);
  });

  it("are not repeated by what a credential says of itself", async () => {
    const failing = (error: Error): AzureStore =>
      storeAt("https://127.0.0.1:1", { credential: { getToken: () => Promise.reject(error) } });
    const unavailable = Object.assign(new Error("no login"), { name: "CredentialUnavailableError" });
    const error = await failureOf(failing(unavailable).read("a"));
    expect(error).toMatchObject({
      code: "PERMISSION_DENIED",
      message: expect.stringContaining("The request to Azure failed: no login.") as string,
    });
    const leaking = await failureOf(failing(new Error("Bearer abcdef was refused")).read("a"));
    expect(shown(leaking)).not.toContain("abcdef");
  });
});

describe("listings", () => {
  async function paths(from: AzureStore, options = {}): Promise<string[]> {
    const found: string[] = [];
    for await (const { path } of from.list("", options)) found.push(path);
    return found;
  }

  it("go on over empty pages, and skip blobs that no path leads to", async () => {
    server.script = [page(["a", "b."], "m1"), page([], "m2"), page(["c//d", "d"])];
    await expect(paths(store)).resolves.toEqual(["a", "d"]);
    expect(server.requests).toHaveLength(3);
  });

  it("ask for no more than the limit", async () => {
    server.script = [page(["a", "b"])];
    await expect(paths(store, { limit: 2 })).resolves.toEqual(["a", "b"]);
    expect(server.requests[0]).toContain("maxresults=2");
    server.requests.length = 0;
    await expect(paths(store, { limit: 0 })).resolves.toEqual([]);
    expect(server.requests).toEqual([]);
  });

  it("end when the server names a page as the next one of itself", async () => {
    server.script = [page([], "m"), page([], "m"), page([])];
    expect(await failureOf(paths(store))).toMatchObject({ code: "UNEXPECTED", operation: "list" });
  });

  it("say so when the server has another order, instead of giving it out for the right one", async () => {
    server.script = [page(["a/b", "a.b"])];
    expect(await failureOf(paths(store))).toMatchObject({ code: "UNEXPECTED", operation: "list" });
  });
});

describe("a server that is silent", () => {
  let silent: ScriptedServer;

  beforeEach(async () => {
    silent = await startScriptedServer();
  });

  afterEach(() => silent.stop());

  /** A store whose time stands still until the request has come; then it is over. */
  async function expectTimeout(call: (store: AzureStore) => Promise<unknown>, operation: string): Promise<void> {
    const clock = new FakeClock();
    const received = new Promise<void>((resolve) => {
      silent.onRequest = () => resolve();
    });
    silent.script = [{ status: 200, headers: { "content-length": "10", etag: '"1"' }, body: "1" }];
    const failure = failureOf(call(storeAt(silent.endpoint, { clock, timeout: 5_000 })));
    await received;
    // The body that never ends is waited for only once the answer has begun.
    const timer = setInterval(() => void clock.advance(5_000), 50);
    expect(await failure).toMatchObject({ code: "TIMEOUT", retryable: true, operation, store: "azure" });
    clearInterval(timer);
    expect(clock.pending).toBe(0);
  }

  it("in the middle of a body ends the read with TIMEOUT", async () => {
    await expectTimeout(async (one) => (await one.read("a")).bytes(), "read");
  });

  it("in the middle of a listing ends it with TIMEOUT", async () => {
    await expectTimeout((one) => one.list("").next(), "list");
  });

  it("leaves no timer behind when it answers", async () => {
    const clock = new FakeClock();
    const one = storeAt(server.endpoint, { clock });
    server.script = [{ status: 200, headers: { etag: '"1"' }, body: "content" }];
    await (await one.read("a")).bytes();
    await (await one.read("a")).cancel();
    await one.stat("a");
    expect(clock.pending).toBe(0);
  });

  it("is waited for while a body goes on", async () => {
    const clock = new FakeClock();
    const container = new AzureContainer(parseAzureOptions({ container: "box", client, clock, timeout: 5_000 }));
    const call = { details: { operation: "write", store: "azure" } };
    const slow = container.send(call, async ({ progress }) => {
      for (let i = 0; i < 5; i++) {
        await clock.advance(4_000);
        progress();
      }
      return "done";
    });
    await expect(slow).resolves.toBe("done");
    expect(clock.now()).toBe(20_000);
    expect(clock.pending).toBe(0);
  });

  it("is not yet so while the socket takes a piece of a large body after the other", async () => {
    const clock = new FakeClock();
    const restarted = jest.spyOn(clock, "setTimeout");
    server.script = [{ status: 201, headers: { etag: '"1"' } }];
    await storeAt(server.endpoint, { clock }).write("a", Buffer.alloc(2 * 1024 * 1024));
    expect(restarted.mock.calls.length).toBeGreaterThan(8); // once for the request, and for each 256 KiB
    expect(clock.pending).toBe(0);
  });
});

it("a copy needs no description of what is known, but for what one request does not copy", async () => {
  server.script = [{ status: 202, headers: { etag: '"2"' } }];
  const size = 256 * 1024 ** 2;
  expect(await store.copy("a", "b", knownSource(store, {}, size))).toEqual({ path: "b", size, etag: '"2"' });
  expect(server.requests.map((request) => request.split(" ")[0])).toEqual(["PUT"]);
  server.script = [azureError(404, "BlobNotFound")];
  expect(await failureOf(store.copy("a", "b", knownSource(store, {}, size)))).toMatchObject({ code: "NOT_FOUND" });
  await failureOf(store.copy("a", "b", knownSource(store, {}, size + 1)));
  expect(server.requests.map((request) => request.split(" ")[0])).toEqual(["PUT", "PUT", "HEAD"]);
});

describe("copies that the service refuses to make", () => {
  const found: ScriptedAnswer = { status: 200, headers: { etag: '"1"', "content-type": "text/plain" }, body: "abc" };

  it.each([
    [403, "CannotVerifyCopySource"],
    [501, "NotImplemented"],
  ])("for want of access (%i %s) go through this process", async (status, code) => {
    server.script = [found, azureError(status, code), found, { status: 201, headers: { etag: '"2"' } }];
    const copied = await store.copy("a", "b");
    expect(copied).toEqual({ path: "b", size: 3, etag: '"2"', contentType: "text/plain" });
    expect(server.requests.map((request) => request.split(" ")[0])).toEqual(["HEAD", "PUT", "GET", "PUT"]);
  });

  it.each([
    [412, "ConditionNotMet", "UNAVAILABLE"],
    [404, "BlobNotFound", "NOT_FOUND"],
    [404, "ContainerNotFound", "CONTAINER_NOT_FOUND"],
    [503, "ServerBusy", "THROTTLED"],
  ])("for another reason (%i %s) are %s", async (status, code, expected) => {
    server.script = [found, azureError(status, code)];
    expect(await failureOf(store.copy("a", "b"))).toMatchObject({ code: expected, operation: "copy" });
    expect(server.requests).toHaveLength(2);
  });
});
