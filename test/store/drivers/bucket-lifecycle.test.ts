import { GcsStore } from "../../../src/gcs.js";
import { S3Store } from "../../../src/s3.js";
import { s3ClientConfig } from "../../fixtures/s3-server.js";
import { s3Error, startScriptedServer, type ScriptedServer } from "../../fixtures/scripted-server.js";
import { failureOf } from "../../support/failure.js";

let server: ScriptedServer;
let s3: S3Store;
let gcs: GcsStore;

beforeAll(async () => {
  server = await startScriptedServer();
  s3 = new S3Store({ bucket: "bucket", prefix: "prod", clientConfig: s3ClientConfig(server.endpoint) });
  const clientConfig = { apiEndpoint: server.endpoint, retryOptions: { autoRetry: false } };
  gcs = new GcsStore({ bucket: "bucket", prefix: "prod", clientConfig });
});

afterAll(async () => {
  await Promise.all([s3.close(), gcs.close()]);
  await server.stop();
});

beforeEach(() => {
  server.requests.length = 0;
});

const RULE = "<Rule><ID>week</ID><Status>Enabled</Status><Expiration><Days>7</Days></Expiration></Rule>";

describe("readLifecycle of S3", () => {
  it("gives the rules of the bucket, and where in it the store lies", async () => {
    server.script = [{ status: 200, body: `<LifecycleConfiguration>${RULE}</LifecycleConfiguration>` }];
    expect(await s3.readLifecycle()).toEqual({
      rules: [expect.objectContaining({ ID: "week", Status: "Enabled", Expiration: { Days: 7 } })],
      prefix: "prod/",
    });
    expect(server.requests).toEqual([expect.stringMatching(/^GET \/bucket\/?\?lifecycle/)]);
  });

  it("gives none of a bucket that has none", async () => {
    server.script = [s3Error(404, "NoSuchLifecycleConfiguration")];
    expect(await s3.readLifecycle()).toEqual({ rules: [], prefix: "prod/" });
  });

  it("fails as its other calls do", async () => {
    server.script = [s3Error(403, "AccessDenied")];
    expect(await failureOf(s3.readLifecycle())).toMatchObject({
      code: "PERMISSION_DENIED",
      operation: "readLifecycle",
    });
  });
});

describe("readLifecycle of Cloud Storage", () => {
  it.each([
    [{ lifecycle: { rule: [{ action: { type: "Delete" }, condition: { age: 7 } }] } }, 1],
    [{}, 0],
  ])("gives the rules of %j", async (metadata, count) => {
    server.script = [{ status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(metadata) }];
    const { rules, prefix } = await gcs.readLifecycle();
    expect([rules.length, prefix]).toEqual([count, "prod/"]);
    expect(server.requests).toEqual([expect.stringMatching(/^GET .*\/b\/bucket\?fields=lifecycle$/)]);
  });
});
