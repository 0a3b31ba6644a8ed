import { StorageError } from "../../src/errors/error.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { FaultStore, type FaultRule, type FaultStoreOptions } from "../../src/testing/index.js";
import { seededRandom } from "../../src/testing/faults/fault-plan.js";
import { failureOf } from "../support/failure.js";
import { pathsOf } from "./fault-calls.js";

const UNAVAILABLE = { error: "UNAVAILABLE" } as const;

/** Which of `count` calls of stat fail, counted from 1. */
async function failing(rule: Partial<FaultRule>, count = 8, seed = 1): Promise<number[]> {
  const store = new FaultStore(new MemoryStore(), { seed, faults: [{ on: "stat", fault: UNAVAILABLE, ...rule }] });
  const failed: number[] = [];
  for (let call = 1; call <= count; call++) await store.stat("a").catch(() => failed.push(call));
  expect(store.injected).toHaveLength(failed.length);
  return failed;
}

describe("FaultStore: which calls are struck", () => {
  it("strikes all by default", async () => {
    expect(await failing({}, 3)).toEqual([1, 2, 3]);
  });

  it("strikes the first ones with times", async () => {
    expect(await failing({ times: 2 })).toEqual([1, 2]);
    expect(await failing({ times: 0 })).toEqual([]);
  });

  it("strikes those that calls names", async () => {
    expect(await failing({ calls: [2, 5, 5] })).toEqual([2, 5]);
  });

  it("strikes a share of them with rate, by the seed", async () => {
    const some = await failing({ rate: 0.2 }, 2000);
    expect(some.length).toBeGreaterThan(320);
    expect(some.length).toBeLessThan(480);
    expect(await failing({ rate: 0.2 }, 2000)).toEqual(some);
    expect(await failing({ rate: 0.2 }, 2000, 2)).not.toEqual(some);
    expect(await failing({ rate: 0 })).toEqual([]);
    expect(await failing({ rate: 1 })).toHaveLength(8);
  });

  it("strikes a share of them, up to so many times", async () => {
    const all = await failing({ rate: 0.3 }, 100);
    expect(await failing({ rate: 0.3, times: 4 }, 100)).toEqual(all.slice(0, 4));
  });

  it("draws for each rule by itself", async () => {
    const rule: FaultRule = { on: "stat", rate: 0.5, fault: UNAVAILABLE };
    const other: FaultRule = { on: "stat", rate: 0.5, fault: { error: "TIMEOUT" } };
    const struck = async (faults: FaultRule[], index: number): Promise<string[]> => {
      const store = new FaultStore(new MemoryStore(), { seed: 3, faults });
      for (let i = 0; i < 50; i++) await store.stat(`${i}`).catch(() => undefined);
      return store.injected.filter((injected) => injected.rule === index).map(({ path }) => path);
    };
    expect(await struck([rule, other], 0)).toEqual(await struck([rule], 0));
    expect(await struck([rule, other], 1)).not.toEqual([]);
  });

  it.each([
    ["a string is the whole path", "runs/1", ["runs/1"]],
    ["an expression matches anywhere", /\/1/, ["runs/1", "runs/10"]],
    ["a global expression has no memory", /runs/g, ["runs/1", "runs/10", "runs/2"]],
    ["a function decides", (path: string) => path.endsWith("0"), ["runs/10"]],
  ])("strikes by path: %s", async (_, path, expected) => {
    const store = new FaultStore(new MemoryStore(), { faults: [{ on: "stat", path, fault: UNAVAILABLE }] });
    const failed: string[] = [];
    for (const tried of ["runs/1", "runs/10", "runs/2"]) await store.stat(tried).catch(() => failed.push(tried));
    expect(failed).toEqual(expected);
  });

  it("fails a call when a function of a path throws, and names the rule", async () => {
    const cause = new TypeError("no such key");
    const path = (): boolean => {
      throw cause;
    };
    const store = new FaultStore(new MemoryStore(), { faults: [{ on: ["stat", "list"], path, fault: UNAVAILABLE }] });
    for (const call of [store.stat("a"), pathsOf(store)]) {
      const error = await failureOf(call);
      expect(error).toMatchObject({ code: "CONFIG_INVALID", cause });
      expect(error.message).toContain("faults.0.path");
    }
  });

  it("matches either path of a copy, and the prefix of a listing", async () => {
    const inner = new MemoryStore();
    await inner.write("from", "x");
    const faults: FaultRule[] = [{ path: "to", fault: UNAVAILABLE }];
    const store = new FaultStore(inner, { faults });
    await failureOf(store.copy("from", "to"));
    await store.copy("from", "other");
    expect(await pathsOf(store)).toEqual(["from", "other"]);
    const listing = new FaultStore(inner, { faults: [{ path: "", fault: UNAVAILABLE }] });
    await failureOf(pathsOf(listing));
  });

  it("strikes every operation by default, but not close", async () => {
    const store = new FaultStore(new MemoryStore(), { faults: [{ fault: UNAVAILABLE }] });
    for (const call of [store.write("a", "x"), store.read("a"), store.stat("a"), store.delete("a")].map(failureOf))
      await call;
    for (const call of [store.copy("a", "b"), pathsOf(store)].map(failureOf)) await call;
    await expect(store.close()).resolves.toBeUndefined();
  });

  it("counts no call that is refused before any I/O", async () => {
    const store = new FaultStore(new MemoryStore(), { faults: [{ times: 1, fault: UNAVAILABLE }] });
    expect((await failureOf(store.stat("../a"))).code).toBe("INVALID_PATH");
    expect((await failureOf(store.presign("a", { method: "GET", expiresIn: 1 }))).code).toBe("UNSUPPORTED");
    expect((await failureOf(store.stat("a", { signal: AbortSignal.abort() }))).code).toBe("ABORTED");
    expect(store.injected).toEqual([]);
    expect((await failureOf(store.stat("a"))).code).toBe("UNAVAILABLE");
  });

  it("lets everything through while it is not active", async () => {
    const store = new FaultStore(new MemoryStore(), { faults: [{ calls: [1], fault: UNAVAILABLE }] });
    store.active = false;
    await store.write("a", "x");
    expect(await pathsOf(store)).toEqual(["a"]);
    store.active = true;
    await failureOf(store.stat("a"));
    expect(store.injected).toHaveLength(1);
  });
});

describe("FaultStore: seed and options", () => {
  it("gives the same faults for the same calls, whatever is awaited in between", async () => {
    const faults: FaultRule[] = [
      { rate: 0.4, fault: UNAVAILABLE },
      { on: "read", rate: 0.5, fault: { flip: true } },
    ];
    const run = async (together: boolean) => {
      const inner = new MemoryStore();
      await inner.write("a", "x".repeat(50));
      const store = new FaultStore(inner, { seed: 99, faults });
      const calls = Array.from({ length: 40 }, () => async () => {
        try {
          return Buffer.from(await (await store.read("a")).bytes()).toString();
        } catch {
          return "failed";
        }
      });
      if (together) return Promise.all(calls.map((call) => call()));
      const results: string[] = [];
      for (const call of calls) results.push(await call());
      return results;
    };
    const results = await run(false);
    expect(new Set(results).size).toBeGreaterThan(3);
    expect(await run(false)).toEqual(results);
    expect(await run(true)).toEqual(results);
  });

  it("takes another seed each time, and tells it", () => {
    const seeds = new Set(Array.from({ length: 5 }, () => new FaultStore(new MemoryStore(), { faults: [] }).seed));
    expect(seeds.size).toBeGreaterThan(1);
    expect(new FaultStore(new MemoryStore(), { seed: 5, faults: [] }).seed).toBe(5);
  });

  it("draws the numbers of mulberry32", () => {
    const random = seededRandom(1);
    expect([random(), random(), random()]).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
  });

  it.each<[string, unknown, string]>([
    ["no faults", {}, "faults"],
    ["an unknown option", { faults: [], faluts: [] }, "options"],
    ["a seed that is none", { seed: 1.5, faults: [] }, "seed"],
    ["an unknown code", rule({ fault: { error: "OOPS" } }), "faults.0.fault.error"],
    ["no fault", rule({ fault: {} }), "faults.0.fault"],
    ["two faults", rule({ fault: { error: "TIMEOUT", delay: 5 } }), "faults.0.fault"],
    ["an unknown operation", rule({ on: "put" }), "faults.0.on"],
    ["no operation", rule({ on: [] }), "faults.0.on"],
    ["a rate over 1", rule({ rate: 10 }), "faults.0.rate"],
    ["calls with a rate", rule({ rate: 0.1, calls: [1] }), "faults.0.calls"],
    ["calls with times", rule({ times: 0, calls: [1] }), "faults.0.calls"],
    ["a call 0", rule({ calls: [1, 0] }), "faults.0.calls.1"],
    ["a path that is none", rule({ path: 5 }), "faults.0.path"],
    ["a negative delay", rule({ fault: { delay: -1 } }), "faults.0.fault.delay"],
    ["a body of a stat", rule({ on: "stat", fault: { truncate: 1 } }), "faults.0.on"],
    ["a listing of a read", rule({ on: ["list", "read"], fault: { partialList: 1 } }), "faults.0.on"],
    ["an effect of a read", rule({ on: "read", fault: { lostAcknowledgement: true } }), "faults.0.on"],
    ["a truncation before", rule({ when: "before", fault: { truncate: 1 } }), "faults.0.when"],
    ["the middle of a stat", rule({ on: "stat", when: "during" }), "faults.0.when"],
    ["a clock that is none", { faults: [], clock: {} }, "clock"],
  ])("refuses %s", (_, options, field) => {
    const make = () => new FaultStore(new MemoryStore(), options as FaultStoreOptions);
    expect(make).toThrow(StorageError);
    expect(make).toThrow(`${field}: `);
  });
});

function rule(given: object): object {
  return { faults: [{ fault: UNAVAILABLE, ...given }] };
}
