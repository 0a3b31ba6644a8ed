import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { ScopeUsage } from "../../src/maintain/usage.js";
import type { ObjectInfo } from "../../src/store/store.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { longText } from "../support/payloads.js";
import { objectsOf } from "../support/stored.js";
import { storageError } from "../store/storage-error.js";

const HOUR = 3_600_000;
const START = Date.parse("2026-11-28T14:20:00Z");

async function all(usage: AsyncIterable<ScopeUsage>): Promise<ScopeUsage[]> {
  const rows = [];
  for await (const row of usage) rows.push(row);
  return rows;
}

function setup() {
  const store = new MemoryStore();
  const manager = new StorageManager({ store, pack: false, retention: { clock: new FakeClock(START) } });
  return { store, manager };
}

describe("usage", () => {
  it("adds up each scope, those in another before it, with the age and the end of what is there", async () => {
    const { store, manager } = setup();
    const begun = Date.now();
    await manager.dehydrate([longText("a"), longText("b")], { scope: "run", ttl: 3 * HOUR });
    await manager.dehydrate(longText("c"), { scope: "run", ttl: 9 * HOUR });
    await manager.dehydrate(longText("d"), { scope: "run/step", ttl: 9 * HOUR });
    await manager.dehydrate(longText("d"), { scope: "run/step" });
    await manager.dehydrate(longText("e"), { scope: "run-2" });
    await manager.dehydrateInputs(longText("f"), { scope: "run" });
    await manager.done("run", "a", { readers: ["a", "b"] });
    await manager.collect();
    const rows = await all(manager.usage());
    expect(rows.map(({ prefix, scope, objects, expires }) => [prefix, scope, objects, expires?.toISOString()])).toEqual(
      [
        ["outputs", "run-2", 1, undefined],
        ["outputs", "run/step", 2, undefined],
        ["outputs", "run", 3, "2026-11-29T00:00:00.000Z"],
        ["inputs", "run", 1, undefined],
      ],
    );
    const sizes = [...(await objectsOf(store))].filter(([path]) => path.startsWith("outputs/run/@"));
    expect(rows[2]!.bytes).toBe(sizes.reduce((sum, [, data]) => sum + data.byteLength, 0));
    for (const { oldest, newest } of rows) {
      expect(oldest.getTime()).toBeGreaterThanOrEqual(begun);
      expect(newest.getTime()).toBeGreaterThanOrEqual(oldest.getTime());
    }
  });

  it("says which readers are done, and nothing of a scope that has only their markers", async () => {
    const { store, manager } = setup();
    const readers = ["a/b", "\ud800", "x".repeat(200), "last"];
    await manager.dehydrate(longText("a"), { scope: "run" });
    await manager.dehydrate(longText("b"), { scope: "run/step" });
    for (const reader of readers.slice(0, -1)) await manager.done("run", reader, { readers });
    for (const reader of readers) await manager.done("over", reader, { readers });
    for (let index = 0; index < 120; index++) await store.write(`outputs/run/step/.done/${index}`, "");
    const [step, run, ...others] = await all(manager.usage());
    expect(run).toMatchObject({ scope: "run", objects: 1 });
    expect(new Set(run!.done)).toEqual(new Set(["a/b", "%ud800", expect.stringMatching(/^~[0-9a-f]{64}$/)]));
    expect([step!.scope, step!.done!.length, others]).toEqual(["run/step", 100, []]);
  });

  it("looks below a prefix, with a slash at its end or without, and counts users' objects", async () => {
    const { manager } = setup();
    await manager.dehydrate(longText("a"), { scope: "s", prefix: "outputs/x" });
    await manager.writeBlob("outputs/x/s/own.txt", "12345");
    await manager.writeBlob("outputs/x/alone.txt", "12345");
    const rows = await all(manager.usage("outputs/x"));
    expect(rows).toMatchObject([{ scope: "s", objects: 2 }]);
    expect(await all(manager.usage("outputs/x/"))).toEqual(rows);
    expect(await all(manager.usage(""))).toMatchObject([{ scope: "x/s" }, { scope: "x", objects: 1 }]);
  });

  it("is each scope once, however deep they lie in each other, and that of a tenant is its own", async () => {
    const { manager } = setup();
    for (const scope of ["a", "a/b", "a/b/c", "a/d", "a!", "a0", "b/c/d"])
      await manager.dehydrate(longText("x"), { scope });
    await manager.forTenant("t").dehydrate(longText("x"), { scope: "a" });
    const scopes = (await all(manager.usage())).map(({ scope }) => scope);
    expect(scopes).toEqual(["a!", "a/b/c", "a/b", "a/d", "a", "a0", "b/c/d", "t/a"]);
    expect((await all(manager.forTenant("t").usage())).map(({ scope }) => scope)).toEqual(["a"]);
    await expect(all(manager.forTenant("t").usage("outputs/a"))).rejects.toThrow(
      storageError({ code: "CONFIG_INVALID" }),
    );
  });

  it.each([{ size: "5" }, { size: NaN }, {}, { size: 1n }, { size: 5, lastModified: "2020" }])(
    "believes no listing that says %p, nor does collect",
    async (info) => {
      const { manager, store } = setup();
      jest.spyOn(store, "list").mockImplementation(async function* (prefix) {
        if (!prefix.startsWith("outputs/")) return;
        yield await Promise.resolve({ path: `outputs/s/@2020-01-01/${"0".repeat(64)}.json`, ...info } as ObjectInfo);
      });
      const remove = jest.spyOn(store, "delete");
      const refused = storageError({
        code: "UNEXPECTED",
        message: expect.stringContaining("no whole number") as string,
      });
      await expect(all(manager.usage())).rejects.toThrow(refused);
      await expect(manager.collect()).rejects.toThrow(refused);
      expect(remove).not.toHaveBeenCalled();
    },
  );

  it("refuses what is no prefix, and needs a store", async () => {
    const { manager } = setup();
    for (const prefix of ["a//b", "..", 1, "elsewhere"]) {
      await expect(all(manager.usage(prefix as string))).rejects.toThrow(storageError({ code: "CONFIG_INVALID" }));
    }
    await expect(all(new StorageManager({}).usage())).rejects.toThrow(storageError({ code: "STORAGE_DISABLED" }));
  });
});
