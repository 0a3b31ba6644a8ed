import { RoutingStore } from "../../../../src/store/compose/routing/routing-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";

const loaded: string[] = [];
jest.mock("@aws-sdk/client-s3", () => {
  loaded.push("s3");
  return jest.requireActual<object>("@aws-sdk/client-s3");
});
jest.mock("@azure/storage-blob", () => {
  loaded.push("azure");
  return jest.requireActual<object>("@azure/storage-blob");
});
jest.mock("@google-cloud/storage", () => {
  loaded.push("gcs");
  return jest.requireActual<object>("@google-cloud/storage");
});

describe("A routing store", () => {
  it("loads a client library when a path of its scheme is used, and not before", async () => {
    const store = new RoutingStore({ primary: new MemoryStore() });
    for (const scheme of ["s3", "gs", "gcs", "abfs", "abfss", "az"]) expect(store.routes(scheme)).toBe(true);
    await store.write("a", "1");
    await store.stat("nothing://c/a").catch(() => undefined);
    expect(loaded).toEqual([]);
    await store.capabilityOf("s3://bucket/a");
    expect(loaded).toEqual(["s3"]);
    await store.capabilityOf("gs://bucket/a");
    expect(loaded).toEqual(["s3", "gcs"]);
    await store.close();
  });
});
