import { RoutingStore } from "../../../../src/store/compose/routing/routing-store.js";
import { GcsStore } from "../../../../src/store/drivers/gcs/gcs-store.js";
import { gcsScheme } from "../../../../src/store/drivers/gcs/gcs-scheme.js";
import type { GcsStoreOptions } from "../../../../src/store/drivers/gcs/options.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import { failureOf, thrownBy } from "../../../support/failure.js";

jest.mock("../../../../src/store/drivers/gcs/gcs-store.js", () => {
  const actual = jest.requireActual<object & { GcsStore: typeof GcsStore }>(
    "../../../../src/store/drivers/gcs/gcs-store.js",
  );
  return { ...actual, GcsStore: jest.fn((options: GcsStoreOptions) => new actual.GcsStore(options)) };
});

const makings = jest.mocked(GcsStore);
const primary = new MemoryStore();
const clientConfig = { apiEndpoint: "http://127.0.0.1:1", projectId: "project" };

beforeEach(() => makings.mockClear());

describe("gcsScheme", () => {
  it("serves any bucket through one client", async () => {
    const store = new RoutingStore({ primary, schemes: { gs: gcsScheme({ clientConfig, prefix: "below" }) } });
    await Promise.all(["gs://one/a", "gcs://two/a", "GS://one/b"].map((path) => store.capabilityOf(path)));
    const options = makings.mock.calls.map(([made]) => made);
    expect(options.map(({ bucket, prefix }) => [bucket, prefix])).toEqual([
      ["one", "below"],
      ["two", "below"],
    ]);
    expect(options[0]!.client).toMatchObject({ apiEndpoint: "http://127.0.0.1:1" });
    expect(options[1]!.client).toBe(options[0]!.client);
    await store.close();
  });

  it("hands a client of the caller on", async () => {
    const { Storage } = await import("@google-cloud/storage");
    const client = new Storage(clientConfig);
    const store = new RoutingStore({ primary, schemes: { gs: gcsScheme({ client }) } });
    await store.capabilityOf("gs://one/a");
    expect(makings.mock.calls).toEqual([[{ bucket: "one", client }]]);
  });

  it.each(["", "ab", "Bucket", "a@b", "-abc", "a:bc"])("refuses the bucket %j", async (bucket) => {
    const path = `gs://${bucket}/a`;
    const error = await failureOf(new RoutingStore({ primary }).stat(path));
    expect(error).toMatchObject({ code: "INVALID_PATH", operation: "stat", path });
    expect(makings).not.toHaveBeenCalled();
  });

  it("says what is wrong with its options", () => {
    const error = thrownBy(() => gcsScheme({ clientConfig, chunkSize: 1 }));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining("chunkSize") as string });
  });
});
