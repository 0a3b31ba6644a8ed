import { StorageManager } from "../../src/manager/storage-manager.js";
import { storeConformance } from "../../src/testing/index.js";
import { failureOf, thrownBy } from "../support/failure.js";
import { ShelfClient, ShelfFault } from "./shelf/client.js";
import { ShelfStore } from "./shelf/shelf.js";

// The driver of the recipe "a driver" in CONTRIBUTING.md. test/package/recipe.test.ts puts it into the tree.
storeConformance({ describe, it }, { name: "ShelfStore", create: () => new ShelfStore({ client: new ShelfClient() }) });

describe("a driver by the recipe", () => {
  it("says what failures of its client mean", async () => {
    const client = new ShelfClient();
    client.lock();
    const error = await failureOf(new ShelfStore({ client }).read("a"));
    expect(error).toMatchObject({ code: "PERMISSION_DENIED", operation: "read", store: "shelf", path: "a" });
    expect(error.cause).toBeInstanceOf(ShelfFault);
  });

  it("says so of a listing too", async () => {
    const client = new ShelfClient();
    client.lock();
    const listing = new ShelfStore({ client }).list("");
    expect(await failureOf(listing.next())).toMatchObject({ code: "PERMISSION_DENIED", operation: "list" });
  });

  it("refuses what its options are not", () => {
    expect(thrownBy(() => new ShelfStore({} as never))).toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("keeps the payloads of a manager", async () => {
    const manager = new StorageManager({ store: new ShelfStore({ client: new ShelfClient() }) });
    const payload = { text: "x".repeat(5000) };
    const message = await manager.dehydrate(payload, { scope: "run" });
    expect(await manager.hydrate(message)).toEqual(payload);
  });
});
