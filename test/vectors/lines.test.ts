import { readFileSync } from "node:fs";
import { join } from "node:path";
import { MemoryStore, StorageManager } from "../../src/index.js";

interface Vectors {
  readonly objects: readonly { value: keyof typeof VALUES; name: string; size: number; lineEnds: readonly number[] }[];
}

const VALUES = {
  numbers: () => Array.from({ length: 400_000 }, (_, index) => index),
  fields: () => Object.fromEntries(Array.from({ length: 150_000 }, (_, index) => [`key é ${index}`, [index, index]])),
};

const { objects } = JSON.parse(readFileSync(join(__dirname, "lines.json"), "utf8")) as Vectors;

describe("lines of large values, as test/vectors/README.md defines them", () => {
  it.each(objects)("of $value", async ({ value, name, size, lineEnds }) => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const payload = VALUES[value]();
    const dehydrated = await manager.dehydrate(payload, { scope: "run" });
    const bytes = Buffer.from(await (await store.read(`outputs/run/${name}`)).bytes());
    expect(bytes.byteLength).toBe(size);
    const ends: number[] = [];
    for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) ends.push(at);
    expect(ends).toEqual(lineEnds);
    expect(JSON.stringify(await manager.hydrate(dehydrated))).toBe(JSON.stringify(payload));
    // Others see JSON.
    expect(JSON.stringify(JSON.parse(bytes.toString()))).toBe(JSON.stringify({ contentType: "json", data: payload }));
  });

  it("are none where the entry may share a pack, which has an entry a line", async () => {
    const store = new MemoryStore();
    const pack = { maxEntrySize: 4_194_304 };
    const manager = new StorageManager({ store, pack });
    const values = [VALUES.numbers(), VALUES.numbers().reverse()];
    await manager.dehydrate(values, { scope: "run" });
    const lines: string[] = [];
    for await (const { path } of store.list("")) {
      const text = Buffer.from(await (await store.read(path)).bytes()).toString();
      lines.push(...text.split("\n").filter((line) => line !== ""));
    }
    expect(lines).toEqual(values.map((data) => JSON.stringify({ contentType: "json", data })));
  });
});
