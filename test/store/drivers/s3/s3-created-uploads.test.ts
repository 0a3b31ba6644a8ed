import { S3Store } from "../../../../src/s3.js";
import { s3ClientConfig } from "../../../fixtures/s3-server.js";
import { s3Error, startScriptedServer, type ScriptedServer } from "../../../fixtures/scripted-server.js";
import { failureOf } from "../../../support/failure.js";

const PART = 5 * 1024 ** 2;
const CREATED = "<InitiateMultipartUploadResult><UploadId>ID</UploadId></InitiateMultipartUploadResult>";

let server: ScriptedServer;
let store: S3Store;

beforeAll(async () => {
  server = await startScriptedServer();
  store = new S3Store({ bucket: "bucket", clientConfig: s3ClientConfig(server.endpoint), partSize: PART });
});

afterAll(async () => {
  await store.close();
  await server.stop();
});

async function* stream(): AsyncGenerator<Uint8Array, void, undefined> {
  for (let part = 0; part < 3; part++) yield await Promise.resolve(Buffer.alloc(PART));
}

describe("an upload that the server is creating when the caller aborts", () => {
  it.each<[string, () => Uint8Array | AsyncIterable<Uint8Array>]>([
    ["bytes", () => Buffer.alloc(2 * PART)],
    ["a stream", stream],
  ])("is waited for, and given up by its id: %s", async (_, body) => {
    const controller = new AbortController();
    const reason = new Error("enough");
    server.requests.length = 0;
    server.script = [
      { status: 200, headers: { "content-type": "application/xml" }, body: CREATED },
      { status: 204 },
      s3Error(404, "NoSuchUpload"),
    ];
    server.onRequest = (request) => {
      if (request.startsWith("POST")) controller.abort(reason);
    };
    const error = await failureOf(store.write("a", body(), { signal: controller.signal }));
    expect(error).toMatchObject({ code: "ABORTED", cause: reason, operation: "write", path: "a" });
    expect(server.requests.map((request) => request.replace(/[&?]x-id=.*/, ""))).toEqual([
      "POST /bucket/a?uploads=",
      "DELETE /bucket/a?uploadId=ID",
      expect.stringMatching(/^GET \/bucket\/a\?max-parts=1&uploadId=ID/) as string,
    ]);
  });
});
