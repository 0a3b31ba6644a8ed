import type { TieredStoreOptions } from "../../../../src/store/layers/tiered/options.js";
import { RoutingStore } from "../../../../src/store/compose/routing/routing-store.js";
import { TieredStore } from "../../../../src/store/layers/tiered/tiered-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import type { CallOptions } from "../../../../src/store/store.js";
import { failureOf } from "../../../support/failure.js";
import { turn } from "../../../support/turn.js";
import { storageError } from "../../storage-error.js";
import { textOf, tiered } from "./tiered-fixture.js";

const remote = new MemoryStore();

describe("the options of a TieredStore", () => {
  const wrong: [string, unknown][] = [
    ["remote", {}],
    ["remote", { remote: {} }],
    ["remote", { remote: null, validate: "always", slideRemoteTtl: true }],
    ["options", undefined],
    ["options", { remote, maxbytes: 5 }],
    ["maxBytes", { remote, maxBytes: 0 }],
    ["maxBytes", { remote, maxBytes: 1.5 }],
    ["maxBytes", { remote, maxBytes: { valueOf: 1, toString: 1 } }], // can't even be compared
    ["maxObjectSize", { remote, maxObjectSize: [{ toString: 1 }] }],
    ["maxObjectSize", { remote, maxObjectSize: -1 }],
    ["maxObjectSize", { remote, maxBytes: 1000, maxObjectSize: 1001 }],
    ["ttl", { remote, validate: "maxAge" }],
    ["ttl", { remote, validate: "maxAge", ttl: -1 }],
    ["ttl", { remote, ttl: NaN }],
    ["validate", { remote, validate: "never" }],
    ["staleIfError", { remote, staleIfError: "yes" }],
    ["maxStale", { remote, maxStale: 5 }],
    ["slideRemoteTtl", { remote, slideRemoteTtl: true }],
    ["clock", { remote, clock: {} }],
    ["observer", { remote, observer: {} }],
  ];

  it.each(wrong)("refuses %s: %j", (field, options) => {
    const make = () => new TieredStore(options as TieredStoreOptions);
    expect(make).toThrow(storageError({ code: "CONFIG_INVALID", operation: "configure" }));
    expect(make).toThrow(new RegExp(`\\b${field}: `));
  });

  it("names all that is wrong", () => {
    const options = { remote, maxBytes: -1, maxStale: 5, slideRemoteTtl: true, validate: "maxAge" } as const;
    expect(() => new TieredStore(options)).toThrow(/maxBytes: .*ttl: .*maxStale: .*slideRemoteTtl: /);
  });

  it("refuses to check copies by a stat that the remote has not", async () => {
    class Blind extends MemoryStore {
      override readonly capability = Object.freeze({ ...remote.capability, stat: false });
    }
    const blind = new Blind();
    for (const mode of [{ validate: "always" }, { validate: "maxAge", ttl: 5 }, { ttl: 5 }] as const) {
      expect(() => new TieredStore({ remote: blind, ...mode })).toThrow(/ validate: needs a remote/);
    }
    const store = new TieredStore({ remote: blind });
    await store.write("a", "content");
    expect(await textOf(store, "a")).toBe("content");
  });

  it("has name, capability and routes of the remote", async () => {
    class Routed extends MemoryStore {
      routes(scheme: string): boolean {
        return scheme === "known";
      }
    }
    const store = new TieredStore({ remote: new Routed() });
    expect(store.name).toBe("memory");
    expect(store.capability).toEqual(remote.capability);
    expect([store.routes("known"), store.routes("other")]).toEqual([true, false]);
    await store.write("known://box/a", "content");
    expect(await textOf(store, "known://box/a", { offset: 3 })).toBe("tent");
    expect((await failureOf(store.read("other://box/a"))).code).toBe("INVALID_PATH");
    expect(new TieredStore({ remote }).routes("known")).toBe(false);
  });

  it("leaves it to a remote that routes what can be done where an absolute path leads", async () => {
    class Wholes extends MemoryStore {
      override readonly capability = Object.freeze({ ...remote.capability, rangeRead: false });
    }
    const far = new MemoryStore();
    await far.write("a", "content");
    const store = new TieredStore({ remote: new RoutingStore({ primary: new Wholes(), schemes: { far } }) });
    expect(await textOf(store, "far://box/a", { offset: 3 })).toBe("tent");
    await store.write("a", "content");
    expect((await failureOf(store.read("a", { offset: 3 }))).code).toBe("UNSUPPORTED");
  });
});

describe("slideRemoteTtl", () => {
  class Expiring extends MemoryStore {
    readonly touched: string[] = [];
    answer: (options: CallOptions) => Promise<boolean> = () => Promise.resolve(true);
    async touch(path: string, options: CallOptions = {}): Promise<boolean> {
      this.touched.push(path);
      return this.answer(options);
    }
  }

  function sliding() {
    const expiring = new Expiring();
    return { expiring, ...tiered({ remote: expiring, slideRemoteTtl: true }) };
  }

  it("lets the object live on at a hit, and only there", async () => {
    const { store, expiring } = sliding();
    await store.write("a", "content");
    await store.stat("a");
    expect(expiring.touched).toEqual([]);
    await textOf(store, "a");
    await textOf(store, "a", { offset: 1 });
    expect(expiring.touched).toEqual(["a", "a"]);
    const silent = new TieredStore({ remote: expiring });
    await textOf(silent, "a");
    await textOf(silent, "a");
    expect(expiring.touched).toHaveLength(2);
  });

  it("neither waits for that nor fails with it, and asks once at a time", async () => {
    const { store, expiring } = sliding();
    await store.write("a", "content");
    let fail: (error: Error) => void = () => undefined;
    expiring.answer = () => new Promise((_, reject) => (fail = reject));
    for (let i = 0; i < 5; i++) expect(await textOf(store, "a")).toBe("content");
    expect(expiring.touched).toHaveLength(1);
    fail(new Error("no"));
    await turn();
    expect(await textOf(store, "a")).toBe("content");
    expect(expiring.touched).toHaveLength(2);
  });

  it("drops the copy of an object that has expired", async () => {
    const { store, expiring } = sliding();
    await store.write("a", "content");
    await expiring.delete("a");
    expiring.answer = () => Promise.resolve(false);
    expect(await textOf(store, "a")).toBe("content");
    await turn();
    expect((await failureOf(store.read("a"))).code).toBe("NOT_FOUND");
  });

  it("is given up when the store is closed", async () => {
    const { store, expiring } = sliding();
    await store.write("a", "content");
    let signal: AbortSignal | undefined;
    expiring.answer = (options) => {
      signal = options.signal;
      return new Promise(() => undefined);
    };
    await textOf(store, "a");
    await store.close();
    expect(signal?.aborted).toBe(true);
  });
});
