import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { longText } from "../support/payloads.js";
import { objectsOf } from "../support/stored.js";

const reference = (value: unknown) => value as StorageReference;

describe("dehydrateInputs", () => {
  const store = new MemoryStore();
  const manager = new StorageManager({ pack: false, store });
  const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

  it.each<[string, unknown, number]>([
    ["many small values", Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i])), 1],
    ["several large values", ["a", "b", "c", "d", "e"].map((label) => longText(label)), 1],
    ["two large values", { a: longText("a"), b: longText("b") }, 2],
    ["one large text", longText("a"), 1],
    ["bytes", Buffer.from("bytes"), 1],
    ["what fits with one reference", { a: longText("a"), b: 1 }, 1],
    ["many bytes", Array.from({ length: 20 }, (_, i) => Buffer.of(i)), 21],
  ])("gives at most maxInlineSize bytes, or one reference, for %s", async (name, value, objects) => {
    const before = (await objectsOf(store)).size;
    const result = await manager.dehydrateInputs(value, { scope: name.replaceAll(" ", "-") });
    const isReference = "$storageRef" in (result as object);
    expect(isReference || size(result) <= 1024).toBe(true);
    expect((await objectsOf(store)).size - before).toBe(objects);
    expect([...(await objectsOf(store)).keys()].every((path) => path.startsWith("inputs/"))).toBe(true);
    const expected = JSON.stringify(value, (_, inner: unknown) => inner);
    const hydrated = await manager.hydrate(result);
    expect(ArrayBuffer.isView(value) || name.includes("bytes") ? expected : JSON.stringify(hydrated)).toBe(expected);
  });

  it("takes options of the call", async () => {
    const value = { a: longText("a", 100) };
    await expect(manager.dehydrateInputs(value)).resolves.toEqual(value);
    const options = { maxInlineSize: 50, prefix: "outputs/mine", scope: "s" };
    const result = reference(await manager.dehydrateInputs(value, options));
    expect(result.$storageRef).toMatch(/^outputs\/mine\/s\//);
  });

  it("gives at most maxEnvelopeSize bytes, too, where that is less", async () => {
    const value = Array.from({ length: 3 }, (_, i) => longText(String(i), 1000));
    const options = { maxInlineSize: 5000, scope: "envelope" };
    await expect(manager.dehydrateInputs(value, options)).resolves.toEqual(value);
    const result = await manager.dehydrateInputs(value, { ...options, maxEnvelopeSize: 1024 });
    expect(result).toHaveProperty("$storageRef");
  });

  it("is one reference also where that has more than maxInlineSize bytes", async () => {
    const result = await manager.dehydrateInputs([1, 2, 3], { maxInlineSize: 5 });
    expect(result).toHaveProperty("$storageRef");
    await expect(manager.hydrate(result)).resolves.toEqual([1, 2, 3]);
  });

  it("uses the inputPrefix of the manager", async () => {
    const other = new StorageManager({
      pack: false,
      store: new MemoryStore(),
      inputPrefix: "runs/in",
      outputPrefix: "runs/out",
    });
    expect(reference(await other.dehydrateInputs(longText("a"))).$storageRef).toMatch(/^runs\/in\//);
    expect(reference(await other.dehydrate(longText("a"))).$storageRef).toMatch(/^runs\/out\//);
    await expect(other.hydrate(await other.dehydrateInputs(longText("a")))).resolves.toBe(longText("a"));
  });
});
