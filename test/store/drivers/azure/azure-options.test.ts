import { BlobServiceClient, ContainerClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { AzureStore, type AzureStoreOptions } from "../../../../src/azure.js";
import { StorageError } from "../../../../src/errors/error.js";

const MIB = 1024 * 1024;
const accountUrl = "https://account.blob.core.windows.net";
const accountKey = Buffer.alloc(64, 1).toString("base64");
const credential = { accountName: "account", accountKey };
const connectionString = `DefaultEndpointsProtocol=https;AccountName=account;AccountKey=${accountKey};EndpointSuffix=core.windows.net`;
const token = { getToken: () => Promise.resolve({ token: "t", expiresOnTimestamp: Date.now() + 3_600_000 }) };
const sharedKey = new StorageSharedKeyCredential("account", accountKey);
const client = new ContainerClient(`${accountUrl}/box`, sharedKey);

function problemOf(options: unknown): string {
  try {
    new AzureStore(options as AzureStoreOptions);
  } catch (error) {
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ code: "CONFIG_INVALID", retryable: false });
    return (error as StorageError).message;
  }
  throw new Error("The options were taken.");
}

describe("the options of AzureStore", () => {
  const good = { container: "box", accountUrl, credential };

  it.each<[field: string, options: unknown]>([
    ["container", { accountUrl }],
    ["container", { ...good, container: "" }],
    ["container", { ...good, container: "Box" }],
    ["container", { ...good, container: "a--b" }],
    ["container", { ...good, container: "x".repeat(64) }],
    ["container", { container: "other", client }],
    ["prefix", { ...good, prefix: "/a" }],
    ["prefix", { ...good, prefix: "a".repeat(1023) }],
    ["accountUrl", { container: "box" }],
    ["accountUrl", { ...good, accountUrl: "account" }],
    ["accountUrl", { ...good, accountUrl: "file:///etc" }],
    ["accountUrl", { container: "box", accountUrl: "http://account.example", credential: token }],
    ["accountUrl", { container: "box", client, accountUrl }],
    ["connectionString", { container: "box", client, connectionString }],
    ["connectionString", { container: "box", connectionString: "" }],
    ["accountUrl", { container: "box", accountUrl, connectionString }],
    ["client", { container: "box", client: {} }],
    ["credential", { container: "box", accountUrl, credential: accountKey }],
    ["credential", { container: "box", accountUrl, credential: { accountName: "account" } }],
    ["credential", { container: "box", connectionString, credential }],
    ["credential", { container: "box", client, credential }],
    ["clientOptions", { ...good, clientOptions: 3 }],
    ["clientOptions", { container: "box", client, clientOptions: {} }],
    ["blockSize", { ...good, blockSize: 65_535 }],
    ["blockSize", { ...good, blockSize: 4000 * MIB + 1 }],
    ["queueSize", { ...good, queueSize: 0 }],
    ["pageSize", { ...good, pageSize: 5001 }],
    ["timeout", { ...good, timeout: 0 }],
    ["presign", { ...good, presign: "GET" }],
    ["presign", { container: "box", accountUrl, presign: true }],
    ["presign", { container: "box", accountUrl, credential: token, presign: true }],
    ["presign", { container: "box", connectionString: "BlobEndpoint=x;SharedAccessSignature=y", presign: true }],
    ["presign", { container: "box", client: new ContainerClient(`${accountUrl}/box`), presign: true }],
    ["clock", { ...good, clock: Date }],
    ["options", undefined],
    ["contianer", { ...good, contianer: "c" }],
  ])("refuse a wrong %s", (field, options) => {
    expect(problemOf(options)).toContain(field);
  });

  it("name every wrong field at once, and repeat no value", () => {
    const message = problemOf({
      container: "SECRET",
      blockSize: 1,
      queueSize: -1,
      accountUrl: "SECRET",
      credential: "SECRET",
      prefix: "/SECRET",
    });
    for (const field of ["container", "blockSize", "queueSize", "accountUrl", "credential", "prefix"]) {
      expect(message).toContain(`${field}: `);
    }
    expect(message).not.toContain("SECRET");
  });

  it("name what can't be combined although another field is wrong", () => {
    const message = problemOf({ container: 7, client, connectionString, presign: 1 });
    for (const field of ["container", "accountUrl", "presign"]) expect(message).toContain(`${field}: `);
  });

  it.each<[what: string, options: AzureStoreOptions]>([
    ["a key", { container: "box", accountUrl, credential, presign: true }],
    ["a credential of the SDK", { container: "box", accountUrl, credential: sharedKey, presign: true }],
    ["a token", { container: "box", accountUrl, credential: token }],
    ["a signature in the URL", { container: "box", accountUrl: `${accountUrl}?sv=2024&sig=abc` }],
    ["a connection string", { container: "box", connectionString, presign: true }],
    ["a client of the container", { container: "box", client, presign: true }],
    ["a client of the account", { container: "$web", client: new BlobServiceClient(accountUrl) }],
    ["what is undefined", { container: "box", client, prefix: undefined, credential: undefined, presign: undefined }],
  ])("take %s", (_what, options) => {
    expect(() => new AzureStore(options)).not.toThrow();
  });
});

describe("the capability of AzureStore", () => {
  it("is everything but URLs by default, and frozen", () => {
    const { capability } = new AzureStore({ container: "box", client });
    expect(capability).toEqual({
      read: true,
      write: true,
      stat: true,
      delete: true,
      list: true,
      copy: true,
      presign: false,
      rangeRead: true,
      ifNoneMatch: true,
      ifMatch: true,
      deleteIfMatch: true,
      metadata: true,
      contentType: true,
      maxObjectSize: 8 * MIB * 50_000,
    });
    expect(Object.isFrozen(capability)).toBe(true);
  });

  it("leaves the prefix room in the path", async () => {
    const store = new AzureStore({ container: "box", client, prefix: "ü/" });
    expect(store.capability.maxPathLength).toBe(1024 - 3);
    await expect(store.stat("a".repeat(1022))).rejects.toMatchObject({ code: "INVALID_PATH" });
  });

  it("signs URLs on request, without I/O, for https only where the account has it", async () => {
    const clock = { now: () => 1_000_000_000_500, setTimeout: () => 0, clearTimeout: () => undefined };
    const store = new AzureStore({ container: "box", connectionString, presign: true, clock });
    expect(store.capability.presign).toBe(true);
    const url = new URL(await store.presign("a/ü.", { method: "GET", expiresIn: 60 }));
    expect(url.origin + url.pathname).toBe(`${accountUrl}/box/a/%C3%BC.!`);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ sp: "r", spr: "https", se: "2001-09-09T01:47:41Z" });
    expect(new URL(await store.presign("a", { method: "PUT", expiresIn: 60 })).searchParams.get("sp")).toBe("cw");
    const named = { method: "GET", expiresIn: 60, filename: "ü.csv", contentType: "text/csv" } as const;
    expect(Object.fromEntries(new URL(await store.presign("a", named)).searchParams)).toMatchObject({
      rscd: "attachment; filename=\"_.csv\"; filename*=UTF-8''%C3%BC.csv",
      rsct: "text/csv",
    });
    const long = { method: "GET", expiresIn: 604_801 } as const;
    await expect(store.presign("a", long)).rejects.toMatchObject({ code: "CONFIG_INVALID", operation: "presign" });
  });
});

describe("a connection string that is none", () => {
  it.each<[string, AzureStoreOptions]>([
    ["a key that is no base64", { container: "box", connectionString: "AccountName=a;AccountKey=SECRET" }],
    ["no field", { container: "box", connectionString: "SECRET" }],
  ])("is CONFIG_INVALID when it is given, and not repeated: %s", (_, options) => {
    const problem = problemOf(options);
    expect(problem).toContain("connectionString");
    expect(problem).not.toContain("SECRET");
  });
});
