import type { Capability, CapabilityFlag } from "../../src/store/capability.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { Store } from "../../src/store/store.js";
import { storeConformance } from "../../src/testing/index.js";
import { collectCases } from "./collect-cases.js";
import { DEFECTS } from "./defects.js";
import { expectStoreMatchesModel } from "../store/store-model.js";

const SMALL = { largeObjectSize: 200_000, settleTimeout: 20 };

class LimitedStore extends MemoryStore {
  override readonly capability: Readonly<Capability>;

  constructor(limits: Partial<Capability>) {
    super();
    this.capability = Object.freeze({ ...new MemoryStore().capability, ...limits });
  }
}

/** Runs the suite, or the cases with this name, and returns the names of those that fail. */
async function failures(create: () => Store, only?: string): Promise<string[]> {
  const cases = collectCases((runner) => storeConformance(runner, { name: "store", create, ...SMALL }));
  const failed: string[] = [];
  for (const { name, body } of cases.filter(({ name }) => only === undefined || name === only)) {
    await body().catch(() => failed.push(name));
  }
  return failed;
}

describe("storeConformance", () => {
  it.each(DEFECTS)("finds a store that $what", async ({ create, foundBy }) => {
    expect(await failures(create, foundBy)).toEqual([foundBy]);
  });

  const FLAGS = Object.keys(new MemoryStore().capability) as CapabilityFlag[];

  it.each(FLAGS)("takes a store without %s that says so", async (flag) => {
    expect(await failures(() => new LimitedStore({ [flag]: false }))).toEqual([]);
  });

  it("takes a store that can do nothing, and says so", async () => {
    const nothing = Object.fromEntries(FLAGS.map((flag) => [flag, false]));
    expect(await failures(() => new LimitedStore(nothing))).toEqual([]);
  });

  it("takes a store with limits", async () => {
    expect(await failures(() => new LimitedStore({ maxPathLength: 200, maxObjectSize: 4_000_000 }))).toEqual([]);
  });

  it("gives every case a name of its own", () => {
    const names = collectCases((runner) =>
      storeConformance(runner, { name: "store", create: () => new MemoryStore() }),
    ).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it("creates a store for each case and destroys it, also when the case fails", async () => {
    const alive = new Set<Store>();
    const broken = DEFECTS[0]!;
    const [failing] = collectCases((runner) =>
      storeConformance(runner, {
        name: "store",
        create() {
          const store = broken.create();
          alive.add(store);
          return Promise.resolve(store);
        },
        destroy: (store) => alive.delete(store),
      }),
    ).filter(({ name }) => name === broken.foundBy);
    await expect(failing?.body()).rejects.toThrow();
    expect(alive.size).toBe(0);
  });
});

describe("a failure of the suite", () => {
  async function failure(create: () => Store, only: string): Promise<string> {
    const options = { name: "store", create, ...SMALL, stallTimeout: 30, destroy: () => undefined };
    const [found] = collectCases((runner) => storeConformance(runner, options)).filter(({ name }) => name === only);
    return String(await found!.body().catch((error: unknown) => error));
  }

  it.each(DEFECTS)("of a store that $what says the rule, what was seen and the call", async ({ create, foundBy }) => {
    const message = await failure(create, foundBy);
    expect(message).toMatch(/^Error: The store broke the rule ".+"\.\nWhat was seen: \S/);
    expect(message).toContain(`${foundBy}".`);
    if (!foundBy.includes("declares every capability")) {
      expect(message).toMatch(/\nThe call that shows it: await store\.\w+\(/);
    }
    expect(message).toMatch(/\n(A store that can't do this says false for one of: capability\.|No capability turns)/);
  });

  it("names the call that hangs, before the runner gives up", async () => {
    const hanging = (): Store => Object.assign(new MemoryStore(), { stat: () => new Promise(() => undefined) });
    const message = await failure(hanging, "round trips > describes an object alike in write, stat and read");
    expect(message).toContain("nothing happened for 30 ms");
    expect(message).toMatch(/await store\.stat\("[^"]+"\), which has not settled/);
    expect(message).toContain("capability.stat");
  });

  it("names the entry of a listing that hangs", async () => {
    const list = () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) });
    const message = await failure(
      () => Object.assign(new MemoryStore(), { list } as never),
      "listing > stops at the limit",
    );
    expect(message).toMatch(/await store\.list\("[^"]+", \{ limit: 0 \}\), which has not settled/);
  });
});

describe("expectStoreMatchesModel", () => {
  it.each(["ignores case", "lists by UTF-16", "ignores the limit", "reads one byte too many", "deletes a whole tree"])(
    "finds a store that %s",
    async (what) => {
      const { create } = DEFECTS.find((defect) => defect.what === what)!;
      await expect(expectStoreMatchesModel(create, { numRuns: 2000, seed: 1 })).rejects.toThrow(/Counterexample/);
    },
  );
});
