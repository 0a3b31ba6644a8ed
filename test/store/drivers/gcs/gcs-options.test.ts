import { generateKeyPairSync } from "node:crypto";
import { Agent } from "node:http";
import { Storage } from "@google-cloud/storage";
import { StorageError } from "../../../../src/errors/error.js";
import { GcsStore, type GcsStoreOptions } from "../../../../src/gcs.js";
import { failureOf } from "../../../support/failure.js";

const UNIT = 256 * 1024;

function problemOf(options: unknown): string {
  try {
    new GcsStore(options as GcsStoreOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ code: "CONFIG_INVALID", retryable: false });
    return (error as StorageError).message;
  }
  throw new Error("The options were taken.");
}

describe("the options of GcsStore", () => {
  it.each<[field: string, options: unknown]>([
    ["bucket", {}],
    ["bucket", { bucket: "" }],
    ["prefix", { bucket: "box", prefix: "/a" }],
    ["prefix", { bucket: "box", prefix: "a".repeat(1023) }],
    ["client", { bucket: "box", client: {} }],
    ["clientConfig", { bucket: "box", clientConfig: "project" }],
    ["clientConfig", { bucket: "box", client: new Storage(), clientConfig: {} }],
    ["chunkSize", { bucket: "box", chunkSize: UNIT - 1 }],
    ["chunkSize", { bucket: "box", chunkSize: 1.5 * UNIT }],
    ["timeout", { bucket: "box", timeout: 0 }],
    ["agent", { bucket: "box", agent: {} }],
    ["clock", { bucket: "box", clock: Date }],
    ["capability.ifMatch", { bucket: "box", capability: { ifMatch: "yes" } }],
    ["capability", { bucket: "box", capability: { rangeRead: false } }],
    ["options", undefined],
    ["bukcet", { bucket: "box", bukcet: "c" }],
  ])("refuse a wrong %s", (field, options) => {
    expect(problemOf(options)).toContain(field);
  });

  it("name every wrong field at once, and repeat no value", () => {
    const message = problemOf({ bucket: "", prefix: "/SECRET", client: new Storage(), clientConfig: {}, timeout: -1 });
    for (const field of ["bucket", "prefix", "clientConfig", "timeout"]) expect(message).toContain(`${field}: `);
    expect(message).not.toContain("SECRET");
  });

  it("may be left out", () => {
    expect(() => new GcsStore({ bucket: "box", prefix: undefined, client: undefined, clock: undefined })).not.toThrow();
    expect(() => new GcsStore({ bucket: "box", prefix: "", agent: new Agent() })).not.toThrow();
  });
});

describe("the capability of GcsStore", () => {
  const conditions = { ifNoneMatch: true, ifMatch: true, deleteIfMatch: true };
  const none = { ifNoneMatch: false, ifMatch: false, deleteIfMatch: false, presign: false };
  const credentials = { client_email: "me@project.example", private_key: "key" };

  it("is that of Google by default, and frozen", () => {
    const { capability } = new GcsStore({ bucket: "box" });
    expect(capability).toEqual({
      ...conditions,
      read: true,
      write: true,
      stat: true,
      delete: true,
      list: true,
      copy: true,
      presign: false,
      rangeRead: true,
      metadata: true,
      contentType: true,
      maxObjectSize: 5 * 1024 ** 4,
    });
    expect(Object.isFrozen(capability)).toBe(true);
  });

  it.each<[string, Partial<GcsStoreOptions>, object]>([
    ["a key", { clientConfig: { credentials } }, { ...conditions, presign: true }],
    ["a client with a key", { client: new Storage({ keyFilename: "none.json" }) }, { ...conditions, presign: false }],
    ["a user's credentials", { clientConfig: { credentials: { client_email: "me" } } }, { presign: false }],
    ["what is said", { capability: { ifMatch: false, presign: true } }, { ifMatch: false, presign: true }],
    ["a regional endpoint", { clientConfig: { apiEndpoint: "storage.europe-west3.rep.googleapis.com" } }, conditions],
    ["another universe", { clientConfig: { universeDomain: "u.example" } }, conditions],
    [
      "an endpoint in it",
      { clientConfig: { universeDomain: "u.example", apiEndpoint: "https://x.u.example" } },
      conditions,
    ],
    ["an emulator", { clientConfig: { apiEndpoint: "http://127.0.0.1:9199", credentials } }, none],
    ["an emulator's client", { client: new Storage({ apiEndpoint: "http://127.0.0.1:9199" }) }, none],
    ["a name that only ends alike", { clientConfig: { apiEndpoint: "https://evilgoogleapis.com" } }, none],
  ])("with %s", (_name, options, expected) => {
    expect(new GcsStore({ bucket: "box", ...options }).capability).toMatchObject(expected);
  });

  it("sees the emulator that the environment names", () => {
    process.env["STORAGE_EMULATOR_HOST"] = "http://127.0.0.1:9199";
    try {
      expect(new GcsStore({ bucket: "box" }).capability).toMatchObject(none);
    } finally {
      delete process.env["STORAGE_EMULATOR_HOST"];
    }
  });

  it("leaves the prefix room in the path", async () => {
    await using store = new GcsStore({ bucket: "box", prefix: "ü/" });
    expect(store.capability.maxPathLength).toBe(1024 - 3);
    await expect(store.stat("a".repeat(1022))).rejects.toMatchObject({ code: "INVALID_PATH" });
  });
});

describe("a signed URL", () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const private_key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const clientConfig = { credentials: { client_email: "me@project.example", private_key } };

  it("is for one object, one method and as long as was asked", async () => {
    await using store = new GcsStore({ bucket: "my-bucket", prefix: "p/ü", clientConfig });
    for (const expiresIn of [1, 604_800]) {
      const url = new URL(await store.presign("a b/%2F", { method: "GET", expiresIn }));
      expect(url.host).toBe("storage.googleapis.com");
      expect(decodeURIComponent(url.pathname)).toBe("/my-bucket/p/ü/a b/%2F");
      expect(Object.fromEntries(url.searchParams)).toMatchObject({
        "X-Goog-Algorithm": "GOOG4-RSA-SHA256",
        "X-Goog-Expires": String(expiresIn),
        "X-Goog-SignedHeaders": "host",
      });
    }
    const signatures = await Promise.all(
      (["GET", "PUT"] as const).map(async (method) =>
        new URL(await store.presign("a", { method, expiresIn: 60 })).searchParams.get("X-Goog-Signature"),
      ),
    );
    expect(new Set(signatures).size).toBe(2);
  });

  it("says under which name and as what the object is given", async () => {
    await using store = new GcsStore({ bucket: "box", clientConfig });
    const named = { method: "GET", expiresIn: 60, filename: "ü.csv", contentType: "text/csv" } as const;
    expect(Object.fromEntries(new URL(await store.presign("a", named)).searchParams)).toMatchObject({
      "response-content-disposition": "attachment; filename=\"_.csv\"; filename*=UTF-8''%C3%BC.csv",
      "response-content-type": "text/csv",
    });
  });

  it("lasts seven days at most", async () => {
    await using store = new GcsStore({ bucket: "box", clientConfig });
    const options = { method: "GET", expiresIn: 604_801 } as const;
    expect(await failureOf(store.presign("a", options))).toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("is PERMISSION_DENIED by a key that is none, which is not shown", async () => {
    const credentials = { client_email: "me@project.example", private_key: "SECRET" };
    await using store = new GcsStore({ bucket: "box", clientConfig: { credentials } });
    const error = await failureOf(store.presign("a", { method: "GET", expiresIn: 60 }));
    expect(error).toMatchObject({ code: "PERMISSION_DENIED", operation: "presign", path: "a" });
    expect(`${error.message} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain("SECRET");
  });

  it("is UNSUPPORTED by default without a key", async () => {
    await using store = new GcsStore({ bucket: "box" });
    const url = store.presign("a", { method: "GET", expiresIn: 60 });
    expect(await failureOf(url)).toMatchObject({ code: "UNSUPPORTED", path: "a" });
  });
});
