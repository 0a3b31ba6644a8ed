import { StorageManager } from "../../src/manager/storage-manager.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { referenceTo, storedJson } from "../support/stored.js";

const REFERENCE = referenceTo("outputs/s/a.json", storedJson(1));

describe("a manager without a store", () => {
  const manager = new StorageManager({});

  it("says so", () => expect(manager.store).toBeUndefined());

  it("lets payloads within maxInlineSize pass, both ways", async () => {
    const fits = longText("", 1022); // and two quotes
    for (const value of [undefined, null, 1, fits, { a: [1] }, { $storageRef: "data" }]) {
      const dehydrated = await manager.dehydrate(value);
      expect(JSON.stringify(await manager.hydrate(dehydrated))).toBe(JSON.stringify(value));
      expect(await manager.dehydrateInputs(value)).toEqual(dehydrated);
    }
  });

  it.each<[string, unknown]>([
    ["one value is larger", longText("", 1023)],
    ["all values together are larger", Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i]))],
    ["several large values are in it", [longText("a"), longText("b")]],
    ["it holds bytes", { bytes: new Uint8Array(0) }],
  ])("refuses payloads where %s", async (_, value) => {
    for (const call of [manager.dehydrate(value), manager.dehydrateInputs(value)].map(failureOf)) {
      expect(await call).toMatchObject({ code: "STORAGE_DISABLED", operation: "dehydrate" });
    }
  });

  it("says in the error what the limit is", async () => {
    const error = await failureOf(manager.dehydrate(longText("a"), { maxInlineSize: 77 }));
    expect(error.message).toContain("77");
    await expect(manager.dehydrate(longText("a"), { maxInlineSize: 2000 })).resolves.toBe(longText("a"));
  });

  it.each([[REFERENCE], [{ $bubuStorageRef: "outputs/s/a.json" }], [{ deep: [REFERENCE] }]])(
    "refuses to hydrate references: %j",
    async (value) => {
      expect((await failureOf(manager.hydrate(value))).code).toBe("STORAGE_DISABLED");
    },
  );

  it("resolves references of other kinds", async () => {
    const resolvers = [{ key: "$bubuA", resolve: () => Promise.resolve("resolved") }];
    await expect(new StorageManager({ resolvers }).hydrate([{ $bubuA: 1 }])).resolves.toEqual(["resolved"]);
  });

  it("plans all the same", () => {
    expect(manager.plan(longText("a")).entries).toMatchObject([{ path: [], kind: "raw" }]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ["open", () => manager.open(REFERENCE)],
    ["writeBlob", () => manager.writeBlob("a", "b")],
    ["readBlob", () => manager.readBlob("a")],
    ["list", () => manager.list("a")[Symbol.asyncIterator]().next()],
    ["delete", () => manager.delete("a")],
    ["release", () => manager.release("run")],
  ])("can't %s", async (_, call) => {
    expect(await failureOf(call())).toMatchObject({ code: "STORAGE_DISABLED", retryable: false });
  });

  it("can be closed", async () => {
    await manager.close();
    await manager[Symbol.asyncDispose]();
    await expect(manager.dehydrate(1)).resolves.toBe(1);
  });
});

describe("close", () => {
  it("closes the store, as the end of a scope with `await using` does", async () => {
    const store = new RecordingStore();
    {
      await using manager = new StorageManager({ store });
      expect(manager.store).toBe(store);
    }
    expect(store.paths("close")).toHaveLength(1);
    const manager = new StorageManager({ store });
    await manager.close();
    await manager.close();
    expect(store.calls.every(({ operation }) => operation === "close")).toBe(true);
  });
});
