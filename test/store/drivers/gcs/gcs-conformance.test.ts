import { randomUUID } from "node:crypto";
import { GcsStore, type GcsStoreOptions } from "../../../../src/gcs.js";
import { storeConformance } from "../../../../src/testing/index.js";
import { expectStoreMatchesModel } from "../../store-model.js";
import { GcsApiServer } from "./gcs-api-server.js";

let server: GcsApiServer;

beforeAll(async () => {
  server = await GcsApiServer.start();
});

afterAll(() => server.stop());

// What Google's own endpoint has: see the docstring of the server for what this shows.
const capability = { ifNoneMatch: true, ifMatch: true, deleteIfMatch: true, chunkedUpload: true };

function storeWith(options: Partial<GcsStoreOptions> = {}): GcsStore {
  const clientConfig = { apiEndpoint: server.endpoint, retryOptions: { autoRetry: false } };
  return new GcsStore({ bucket: "bucket", clientConfig, capability, chunkSize: 256 * 1024, ...options });
}

storeConformance(
  { describe, it },
  {
    name: "GcsStore on a server of ours, with conditions and chunks",
    create: () => storeWith({ prefix: randomUUID() }),
    largeObjectSize: 1024 * 1024 + 1,
  },
);

it("does what a Map does", async () => {
  await expectStoreMatchesModel(() => storeWith({ prefix: `model/${randomUUID()}/ü+%` }), { numRuns: 25 });
});
