import type { CacheTier } from "../../../../src/store/layers/tiered/cache-tier.js";
import { createLruCacheTier } from "../../../../src/store/layers/tiered/lru-cache-tier.js";
import { TieredStore } from "../../../../src/store/layers/tiered/tiered-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import type { StorageEvent } from "../../../../src/observe/event.js";
import { failureOf } from "../../../support/failure.js";
import { RecordingStore } from "../../../support/recording-store.js";
import { textOf } from "./tiered-fixture.js";

// What stands in the place of the tier that a store makes for itself.
let mockTier: typeof createLruCacheTier | undefined;
jest.mock("../../../../src/store/layers/tiered/lru-cache-tier.js", () => {
  const actual = jest.requireActual<{ createLruCacheTier: typeof createLruCacheTier }>(
    "../../../../src/store/layers/tiered/lru-cache-tier.js",
  );
  const create: typeof createLruCacheTier = (...call) => (mockTier ?? actual.createLruCacheTier)(...call);
  return { createLruCacheTier: create };
});
afterEach(() => (mockTier = undefined));

/** The tier that stores make where nothing stands in its place. */
function realTier(): CacheTier {
  mockTier = undefined;
  return createLruCacheTier(1e6, () => undefined);
}

type Method = "get" | "set" | "delete" | "clear";

function breakable() {
  const broken = new Set<Method | "create" | "usage">();
  const fail = (what: Method | "create" | "usage"): void => {
    if (broken.has(what)) throw new Error(`${what} fails`);
  };
  const events: StorageEvent[] = [];
  const remote = new RecordingStore(new MemoryStore());
  const create = (): CacheTier => {
    fail("create");
    const tier = realTier();
    mockTier = create;
    const unless = <T>(what: Method, use: () => T): T => {
      fail(what);
      return use();
    };
    return {
      get: (key) => unless("get", () => tier.get(key)),
      set: (key, object) => unless("set", () => tier.set(key, object)),
      delete: (key) => unless("delete", () => tier.delete(key)),
      clear: () => unless("clear", () => tier.clear()),
      get objects() {
        fail("usage");
        return tier.objects;
      },
      get bytes() {
        return tier.bytes;
      },
    };
  };
  const make = (): TieredStore => {
    mockTier = create;
    return new TieredStore({ remote, observer: (event) => events.push(event) });
  };
  return { make, broken, remote, events };
}

describe("a TieredStore whose cache fails", () => {
  it.each([["get"], ["set"], ["delete"], ["clear"], ["create"], ["get", "set", "delete", "clear", "create", "usage"]])(
    "does what the remote does, and tells: %s",
    async (...methods) => {
      const { make, broken, remote, events } = breakable();
      for (const method of methods) broken.add(method as Method);
      const store = make();
      for (let i = 0; i < 3; i++) {
        await store.write("a", `content ${i}`);
        expect(await textOf(store, "a")).toBe(`content ${i}`);
        expect(await textOf(store, "a", { offset: 8 })).toBe(`${i}`);
        expect((await store.stat("a"))?.size).toBe(9);
        await store.copy("a", "b");
        expect(await textOf(store, "b")).toBe(`content ${i}`);
        await store.delete("b");
        expect((await failureOf(store.read("b"))).code).toBe("NOT_FOUND");
      }
      await store.close();
      expect(remote.calls.at(-1)?.operation).toBe("close");
      const faults = events.filter(({ operation }) => operation === "cache_fault");
      expect(faults[0]).toMatchObject({ outcome: "error", code: "UNEXPECTED", store: "tapped" });
      expect(store.stats().faults).toBeGreaterThanOrEqual(faults.length);
      expect(faults.length).toBeGreaterThan(0);
    },
  );

  it("never serves what the cache could not forget", async () => {
    const { make, broken, remote } = breakable();
    const store = make();
    await store.write("a", "old");
    await store.write("b", "other");
    broken.add("delete");
    await store.delete("a");
    broken.clear();
    expect((await failureOf(store.read("a"))).code).toBe("NOT_FOUND");
    // It works again, empty.
    await textOf(store, "b");
    remote.calls.length = 0;
    expect(await textOf(store, "b")).toBe("other");
    expect(remote.calls).toEqual([]);
  });

  it("never serves what the cache could not replace", async () => {
    const { make, broken } = breakable();
    const store = make();
    await store.write("a", "old");
    broken.add("set");
    await store.write("a", "new");
    broken.clear();
    expect(await textOf(store, "a")).toBe("new");
  });

  it("does not take one object for another when the cache does", async () => {
    const only = realTier();
    const confused = (): CacheTier => ({ ...only, get: () => only.get("a"), objects: 0, bytes: 0 });
    mockTier = confused;
    const store = new TieredStore({ remote: new MemoryStore() });
    await store.write("a", "content");
    await store.write("b", "other");
    expect(await textOf(store, "b")).toBe("other");
    expect(await textOf(store, "a")).toBe("content");
  });

  it("does not fail with an observer that does", async () => {
    const observer = (): never => {
      throw new Error("the observer fails");
    };
    const store = new TieredStore({ remote: new MemoryStore(), observer, maxBytes: 4096, maxObjectSize: 2000 });
    for (const path of ["a", "b", "c", "a"]) {
      await store.write(path, path.repeat(2000));
      expect(await textOf(store, path)).toBe(path.repeat(2000));
    }
    expect(store.stats().evictions).toBeGreaterThan(0);
  });
});
