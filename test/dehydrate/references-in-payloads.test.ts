import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";

describe("references found in a payload", () => {
  const found = {
    $storageRef: "outputs/s/a.json",
    $storageContentType: "application/json",
    $storageSize: 3,
    $storageDigest: `sha256-${"A".repeat(43)}`,
  };
  const bubustack = { $bubuStorageRef: "outputs/s/a.json" };
  const vault = { $bubuVaultRef: "a" };
  const resolvers = [{ key: "$bubuVaultRef", resolve: () => Promise.resolve("secret") }];
  const manager = (references?: "escape" | "pass" | "reject") =>
    new StorageManager({ store: new MemoryStore(), references, resolvers });

  it.each([found, bubustack, vault])("are escaped by default: %j", async (value) => {
    const escaped = Object.fromEntries(Object.entries(value).map(([key, inner]) => [`$${key}`, inner]));
    const result = await manager().dehydrate({ value });
    expect(result).toEqual({ value: escaped });
    await expect(manager().hydrate(result)).resolves.toEqual({ value });
    expect(await manager("escape").dehydrate({ value })).toEqual(result);
  });

  it.each([found, bubustack, vault])("stay with pass: %j", async (value) => {
    await expect(manager("pass").dehydrate({ value, other: { $storageOther: 1 } })).resolves.toEqual({
      value,
      other: { $$storageOther: 1 },
    });
  });

  it.each([found, bubustack, vault])("are refused with reject: %j", async (value) => {
    const error = await failureOf(manager("reject").dehydrate({ a: [value] }));
    expect(error).toMatchObject({ code: "INVALID_REFERENCE", message: expect.stringContaining("$.a[0]") });
    expect(() => manager("reject").plan({ a: [value] })).toThrow("$.a[0]");
  });

  it.each([{ ...found, $storageSize: -1 }, { ...found, $storageRef: "../a" }, { $storageRef: "outputs/s/a.json" }])(
    "are refused with pass when they are not valid: %j",
    async (value) => {
      const error = await failureOf(manager("pass").dehydrate([value]));
      expect(error).toMatchObject({ code: "INVALID_REFERENCE", message: expect.stringContaining("$[0]") });
      expect(error.cause).toMatchObject({ code: "INVALID_REFERENCE" });
    },
  );

  it("are data with one more key where they are escaped, and refused elsewhere", async () => {
    const value = { ...found, more: 1 };
    const result = await manager().dehydrate(value);
    expect(result).toHaveProperty("$$storageRef");
    await expect(manager().hydrate(result)).resolves.toEqual(value);
    for (const mode of ["pass", "reject"] as const) {
      expect((await failureOf(manager(mode).dehydrate(value))).code).toBe("INVALID_REFERENCE");
    }
  });

  it("that were passed on are hydrated as what they point at", async () => {
    const store = new MemoryStore();
    const passing = new StorageManager({ store, references: "pass" });
    const first = await passing.dehydrate({ text: longText("a") }, { scope: "step-1" });
    const second = await passing.dehydrate({ first, own: longText("b") }, { scope: "step-2" });
    await expect(passing.hydrate(second)).resolves.toEqual({ first: { text: longText("a") }, own: longText("b") });
  });
});
