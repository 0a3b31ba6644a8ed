import { GcsStore } from "../../../../src/gcs.js";
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from "../../../fixtures/scripted-server.js";
import { failureOf } from "../../../support/failure.js";

let server: ScriptedServer;
let store: GcsStore;

beforeAll(async () => {
  server = await startScriptedServer();
  store = new GcsStore({
    bucket: "bucket",
    clientConfig: { apiEndpoint: server.endpoint, retryOptions: { autoRetry: false } },
    capability: { ifNoneMatch: true, ifMatch: true, deleteIfMatch: true },
  });
});

afterAll(async () => {
  await store.close();
  await server.stop();
});

async function drain(): Promise<void> {
  for await (const { path } of store.list("")) expect(typeof path).toBe("string");
}

function json(value: unknown): ScriptedAnswer {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

const foreign = { code: "UNEXPECTED", retryable: false, store: "gcs" };

describe("a page of HTML with status 200 in place of Cloud Storage", () => {
  it("is UNEXPECTED for every call", async () => {
    server.script = [
      { status: 200, headers: { "content-type": "text/html" }, body: "<!DOCTYPE html><h1>Welcome to the hotel</h1>" },
    ];
    for (const call of [
      () => store.write("a", "x"),
      () => store.write("a", "x", { ifNoneMatch: "*" }),
      () => store.read("a"),
      () => store.stat("a"),
      () => store.delete("a"),
      () => store.copy("a", "b"),
      () => drain(),
    ]) {
      expect(await failureOf(call())).toMatchObject(foreign);
    }
  });
});

describe("a description that can't be one", () => {
  const good = { name: "a", size: "4", generation: "7" };
  it.each([
    ["no size", { ...good, size: undefined }],
    ["an empty size", { ...good, size: "" }],
    ["no number as size", { ...good, size: null }],
    ["a size below zero", { ...good, size: "-4" }],
    ["no generation", { ...good, generation: undefined }],
    ["metadata that are none", { ...good, metadata: "x" }],
    ["metadata of numbers", { ...good, metadata: { a: 1 } }],
    ["a content type that is none", { ...good, contentType: 5 }],
  ])("is UNEXPECTED: %s", async (_, resource) => {
    server.script = [json(resource)];
    expect(await failureOf(store.stat("a"))).toMatchObject(foreign);
    server.script = [json({ items: [resource] })];
    expect(await failureOf(drain())).toMatchObject(foreign);
  });

  it.each([[{ items: "x" }], [{ items: [null] }], [{ items: [{ size: "1" }] }], [{ nextPageToken: 5 }]])(
    "is UNEXPECTED as a page: %j",
    async (page) => {
      server.script = [json(page)];
      expect(await failureOf(drain())).toMatchObject(foreign);
    },
  );

  it("is UNEXPECTED as a page that names itself as the next one", async () => {
    server.script = [json({ nextPageToken: "t" }), json({ nextPageToken: "t" }), json({})];
    expect(await failureOf(drain())).toMatchObject({ ...foreign, operation: "list" });
  });

  it("lists a name that can't be decoded as it is", async () => {
    server.script = [json({ items: [{ ...good, name: "a%FF" }] })];
    const paths: string[] = [];
    for await (const { path } of store.list("")) paths.push(path);
    expect(paths).toEqual(["a%FF"]);
  });
});

describe("a range that is not the one asked for", () => {
  async function readRange(range: string, body: string): Promise<string> {
    server.onRequest = (request) => {
      // Content and description are asked for at the same time.
      server.script = request.includes("alt=media")
        ? [{ status: 206, headers: { "content-range": range }, body }]
        : [json({ name: "a", size: "10", generation: "7" })];
    };
    try {
      const result = await store.read("a", { offset: 2, length: 4 });
      return Buffer.from(await result.bytes()).toString();
    } finally {
      server.onRequest = () => undefined;
    }
  }

  it.each(["bytes 3-6/10", "bytes 2-4/10", "bytes 2-9/10", "bytes 2-5/11", "bytes */10", "bites 2-5/10"])(
    "is UNEXPECTED: %s",
    async (range) => {
      expect(await failureOf(readRange(range, "2345"))).toMatchObject({ ...foreign, operation: "read" });
    },
  );

  it("is none where it is the one, with or without a total", async () => {
    expect(await readRange("bytes 2-5/10", "2345")).toBe("2345");
    expect(await readRange("bytes 2-5/*", "2345")).toBe("2345");
  });
});

it.each(["//evil.example/session", "//", "http://[", "file:///etc/x"])(
  "a session at %s is a typed error, and no other host is asked",
  async (location) => {
    server.script = [{ status: 200, headers: { location } }, { status: 500 }];
    const error = await failureOf(store.write("a", "x", { ifNoneMatch: "*" }));
    expect(error).toMatchObject({ store: "gcs", operation: "write" });
  },
);

it.each([
  ["bucket", { bucket: "b" }],
  ["bucket", { bucket: "gs://bucket" }],
  ["bucket", { bucket: "bucket/x" }],
  ["bucket", { bucket: "Bucket" }],
  ["clientConfig", { bucket: "bucket", clientConfig: { apiEndpoint: "" } }],
  ["clientConfig", { bucket: "bucket", clientConfig: { apiEndpoint: "ftp://h" } }],
  ["clientConfig", { bucket: "bucket", clientConfig: { apiEndpoint: "http://" } }],
  ["clientConfig", { bucket: "bucket", clientConfig: { apiEndpoint: 9199 as unknown as string } }],
])("a wrong %s is CONFIG_INVALID when it is given", (name, options) => {
  const make = (): GcsStore => new GcsStore(options);
  expect(make).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }) as Error);
  expect(make).toThrow(name);
});
