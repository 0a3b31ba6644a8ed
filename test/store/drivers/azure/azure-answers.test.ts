import { AzureStore } from "../../../../src/azure.js";
import type { ObjectInfo } from "../../../../src/store/store.js";
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from "../../../fixtures/scripted-server.js";
import { failureOf } from "../../../support/failure.js";

let server: ScriptedServer;
let store: AzureStore;

beforeAll(async () => {
  server = await startScriptedServer();
  store = new AzureStore({
    container: "box",
    accountUrl: `${server.endpoint}/account`,
    credential: { accountName: "account", accountKey: Buffer.from("the key").toString("base64") },
    clientOptions: { retryOptions: { maxTries: 1 } },
  });
});

afterAll(() => server.stop());

async function listed(): Promise<ObjectInfo[]> {
  const infos: ObjectInfo[] = [];
  for await (const info of store.list("")) infos.push(info);
  return infos;
}

const foreign = { code: "UNEXPECTED", retryable: false, store: "azure" };
const headers = { "x-ms-blob-type": "BlockBlob", "x-ms-request-id": "REQUEST-1", etag: '"0x1"' };

function part(contentRange: string | undefined, body = "0123"): ScriptedAnswer {
  return {
    status: contentRange === undefined ? 200 : 206,
    headers: { ...headers, ...(contentRange !== undefined && { "content-range": contentRange }) },
    body,
  };
}

describe("a page of HTML with status 200 in place of Azure", () => {
  it("is UNEXPECTED for every call", async () => {
    const body = "<!DOCTYPE html><html><body><h1>Welcome to the hotel</h1></body></html>";
    server.script = [{ status: 200, headers: { "content-type": "text/html; charset=utf-8", etag: '"5f"' }, body }];
    for (const call of [
      () => store.write("a", "x"),
      () => store.read("a"),
      () => store.read("a", { offset: 1, length: 2 }),
      () => store.stat("a"),
      () => store.delete("a"),
      () => store.copy("a", "b"),
      () => listed(),
    ]) {
      expect(await failureOf(call())).toMatchObject(foreign);
    }
  });

  it.each([
    ["XML of somebody else", `<?xml version="1.0"?><ListBucketResult><Name>b</Name></ListBucketResult>`],
    ["XHTML", `<?xml version="1.0"?><html><body><p>Welcome</p></body></html>`],
    ["an empty page", ""],
  ])("as is %s for a listing", async (_, body) => {
    server.script = [{ status: 200, headers: { "content-type": "application/xml" }, body }];
    expect(await failureOf(listed())).toMatchObject({ code: "UNEXPECTED", operation: "list" });
  });
});

describe("a range that is not the one asked for", () => {
  it.each<[string, ScriptedAnswer]>([
    ["another begin", part("bytes 3-6/10")],
    ["another end", part("bytes 2-4/10", "012")],
    ["no total", part("bytes 2-5/*")],
    ["another length than it says", part("bytes 2-5/10", "01")],
    ["the whole object", part(undefined, "0123456789")],
    ["no range", part("bytes */10")],
    ["nonsense", part("bites 2-5/10")],
  ])("is UNEXPECTED: %s", async (_, answer) => {
    server.script = [answer];
    expect(await failureOf(store.read("a", { offset: 2, length: 4 }))).toMatchObject({ ...foreign, operation: "read" });
  });

  it("is none where the object ends sooner, or is no larger than what was asked for", async () => {
    server.script = [part("bytes 8-9/10", "89")];
    expect((await store.read("a", { offset: 8, length: 4 })).info.size).toBe(10);
    server.script = [part(undefined, "012")];
    expect((await store.read("a", { length: 4 })).info.size).toBe(3);
    server.script = [part("bytes 10-9/10", "")]; // as Azurite says that there is nothing left
    const beyond = await store.read("a", { offset: 10, length: 4 });
    expect([beyond.info.size, (await beyond.bytes()).byteLength]).toEqual([10, 0]);
    server.script = [part("bytes 0--1/0", "")]; // the same, of an empty object
    const empty = await store.read("a", { length: 1 });
    expect([empty.info.size, (await empty.bytes()).byteLength]).toEqual([0, 0]);
  });
});

describe("what an answer says of an object", () => {
  function blob(properties: string): ScriptedAnswer {
    const body = `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="http://x/" ContainerName="box"><Blobs><Blob><Name>a</Name><Properties>${properties}</Properties></Blob></Blobs><NextMarker/></EnumerationResults>`;
    return { status: 200, headers: { "content-type": "application/xml" }, body };
  }

  it("without a size in a listing is UNEXPECTED, not an empty object", async () => {
    server.script = [blob("<Etag>0x1</Etag><BlobType>BlockBlob</BlobType>")];
    expect(await failureOf(listed())).toMatchObject({ ...foreign, operation: "list" });
  });

  it.each([
    ['"0x1"', '"0x1"'],
    ['W/"0x1"', 'W/"0x1"'],
    ['""', undefined],
    ["", undefined],
  ])("has the etag %s as %s", async (etag, expected) => {
    server.script = [{ status: 200, headers: { ...headers, etag, "content-length": "3" } }];
    expect((await store.stat("a"))?.etag).toBe(expected);
  });

  it("under a name that can't be decoded is a typed error", async () => {
    const { body = "", ...answer } = blob("<Content-Length>1</Content-Length>");
    server.script = [{ ...answer, body: body.replace("<Name>a</Name>", '<Name Encoded="true">a%FF</Name>') }];
    expect(await failureOf(listed())).toMatchObject({ store: "azure", operation: "list" });
  });
});

it.each([
  [400, "UNEXPECTED"],
  [405, "UNSUPPORTED"],
] as const)("HEAD with %i and no word of why is %s", async (status, code) => {
  server.script = [{ status }];
  expect(await failureOf(store.stat("a"))).toMatchObject({ code, retryable: false, cause: { httpStatus: status } });
});

it.each([
  ["connectionString", { connectionString: "hello" }],
  ["connectionString", { connectionString: "AccountName=a;AccountKey=no base64;EndpointSuffix=core.windows.net" }],
  ["connectionString", { connectionString: "AccountName=a;AccountKey=aGk=" }],
  ["connectionString", { connectionString: "BlobEndpoint=127.0.0.1:10000/a;AccountName=a;AccountKey=aGk=" }],
  ["connectionString", { connectionString: "SharedAccessSignature=sv=1" }],
  ["credential", { accountUrl: "https://a.blob.core.windows.net", credential: { accountName: "a", accountKey: "ä" } }],
])("a wrong %s is CONFIG_INVALID when it is given", (name, options) => {
  const make = (): AzureStore => new AzureStore({ container: "box", ...options });
  expect(make).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }) as Error);
  expect(make).toThrow(name);
});
