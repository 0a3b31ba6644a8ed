import { thrownBy } from "../support/failure.js";
import { MemoryStore, StorageManager } from "../../src/index.js";
import { isReference, referencesIn } from "../../src/reference/references-in.js";
import { longText } from "../support/payloads.js";

describe("references at hand", () => {
  it("are found with the paths that lead to them, without I/O", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const small = { $storageRef: "data" };
    const value = await manager.dehydrate({ a: [1, { b: longText("b") }], small, "c.d": longText("c") });
    const found = [...referencesIn(value)];
    expect(found.map(({ path }) => path)).toEqual([["a", 1, "b"], ["c.d"]]);
    expect(found.every(({ reference }) => isReference(reference))).toBe(true);
  });

  it("are the whole value at the empty path", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const whole = await manager.dehydrate(longText("a"));
    expect([...referencesIn(whole)]).toEqual([{ path: [], reference: whole }]);
  });

  it("are of both dialects, and nothing else is one", () => {
    expect(isReference({ $bubuStorageRef: "outputs/a.json" })).toBe(true);
    const none = [
      null,
      "a",
      [],
      {},
      { $storageRef: 7 },
      { $storageRef: "a" },
      { $bubuStorageRef: "../a" },
      { $bubuStorageRef: "a", more: 1 },
    ];
    expect(none.filter(isReference)).toEqual([]);
    expect([...referencesIn(none)]).toEqual([]);
  });

  it("are not looked for in a value that stands inside itself", () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    expect(thrownBy(() => [...referencesIn(cycle)]).code).toBe("UNSERIALIZABLE");
  });
});
