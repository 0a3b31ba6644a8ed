import { withFeatures } from "../../../../src/store/layers/features/with-features.js";
import { FailoverStore } from "../../../../src/store/compose/failover/failover-store.js";
import { ReplicatedStore } from "../../../../src/store/compose/replicated/replicated-store.js";
import { TieredStore } from "../../../../src/store/layers/tiered/tiered-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import type { ObjectInfo, Store } from "../../../../src/store/store.js";
import { FaultStore, type FaultRule } from "../../../../src/testing/index.js";
import { failureOf } from "../../../support/failure.js";
import { HeldStore } from "../../../support/held-store.js";
import { limited } from "../../../support/limited-store.js";
import { RecordingStore } from "../../../support/recording-store.js";
import { TappedStore } from "../../../support/tapped-store.js";

const LACKING = ["metadata", "contentType"] as const;
const SIDECAR = /^~coatcheck\//;
const one = { contentType: "text/one", metadata: { version: "1" } };
const two = { contentType: "text/two", metadata: { version: "2" } };

function simulated(inner: Store = limited(LACKING)): Store {
  return withFeatures(inner, { simulate: ["metadata"] });
}

async function pathsOf(store: Store, prefix = "", options = {}): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list(prefix, options)) paths.push(path);
  return paths;
}

const attributes = (info: ObjectInfo | undefined) => ({ contentType: info?.contentType, metadata: info?.metadata });
const NOTHING = { contentType: undefined, metadata: undefined };

describe("simulated metadata", () => {
  it("keeps content type and metadata in one sidecar, which nobody sees", async () => {
    const inner = limited(LACKING);
    const store = simulated(inner);
    expect(attributes(await store.write("runs/a", "x", one))).toEqual(one);
    await store.write("runs/b", "y");
    await store.write("~coatchecks", "z");
    expect(attributes(await store.stat("runs/a"))).toEqual(one);
    expect(attributes((await store.read("runs/a")).info)).toEqual(one);
    expect(attributes(await store.stat("runs/b"))).toEqual(NOTHING);
    expect(await pathsOf(store)).toEqual(["runs/a", "runs/b", "~coatchecks"]);
    expect(await pathsOf(store, "~")).toEqual(["~coatchecks"]);
    expect(await pathsOf(store, "", { limit: 3 })).toEqual(["runs/a", "runs/b", "~coatchecks"]);
    expect(await pathsOf(store, "", { startAfter: "runs/b", limit: 1 })).toEqual(["~coatchecks"]);
    expect(await pathsOf(store, "~coatcheck/")).toEqual([]);
    expect((await pathsOf(inner)).filter((path) => SIDECAR.test(path))).toHaveLength(1);
  });

  it.each<[string, () => Store]>([
    ["FailoverStore", () => new FailoverStore({ stores: { a: limited(LACKING), b: limited(LACKING) } })],
    ["ReplicatedStore", () => new ReplicatedStore({ stores: { a: limited(LACKING), b: limited(LACKING) } })],
    ["TieredStore", () => new TieredStore({ remote: limited(LACKING) })],
    ["layer that simulates it already", () => simulated()],
  ])("works over a %s", async (_, inner) => {
    const store = simulated(inner());
    await store.write("runs/a", "x", one);
    await store.write("runs/a", "y", two);
    expect(attributes(await store.stat("runs/a"))).toEqual(two);
    expect(attributes((await store.read("runs/a")).info)).toEqual(two);
    expect(await pathsOf(store)).toEqual(["runs/a"]);
    await store.delete("runs/a");
    await store.write("runs/a", "z");
    expect(attributes(await store.stat("runs/a"))).toEqual(NOTHING);
  });

  it("lists past any number of sidecars by one more listing, not one by one", async () => {
    const inner = new RecordingStore(limited(LACKING));
    const store = simulated(inner);
    for (let i = 0; i < 50; i++) await store.write(`a/${i}`, "x", one);
    await store.write("~z", "x");
    inner.calls.length = 0;
    expect(await pathsOf(store)).toHaveLength(51);
    expect(inner.calls.length).toBeLessThan(60);
  });

  it("lets nobody name a sidecar", async () => {
    const inner = limited(LACKING);
    const store = simulated(inner);
    await store.write("a", "x", one);
    const [sidecar] = (await pathsOf(inner)).filter((path) => SIDECAR.test(path));
    const calls = [
      () => store.read(sidecar!),
      () => store.stat(sidecar!),
      () => store.delete(sidecar!),
      () => store.write(sidecar!, "{}"),
      () => store.copy(sidecar!, "b"),
      () => store.copy("a", sidecar!),
      () => store.write("~coatcheck", "x"),
    ];
    for (const call of calls) expect((await failureOf(call())).code).toBe("INVALID_PATH");
    expect(attributes(await store.stat("a"))).toEqual(one);
  });

  it("leaves no sidecar behind: not by a delete, nor by a write without attributes", async () => {
    const inner = limited(LACKING);
    const store = simulated(inner);
    await store.write("a", "x", one);
    await store.write("b", "x", one);
    await store.delete("a");
    await store.write("b", "x");
    expect(attributes(await store.stat("b"))).toEqual(NOTHING);
    expect(await pathsOf(inner)).toEqual(["b"]);
    await store.delete("missing");
  });

  it("keeps beside only what the store itself can't keep", async () => {
    const inner = limited(["metadata"]);
    const store = simulated(inner);
    await store.write("a", "x", { contentType: "text/one" });
    expect(await pathsOf(inner)).toEqual(["a"]);
    await store.write("a", "x", one);
    expect((await inner.stat("a"))?.contentType).toBe("text/one");
    expect(attributes(await store.stat("a"))).toEqual(one);
  });

  it("never shows the metadata of another version: whoever writes past it", async () => {
    const inner = limited(LACKING);
    const store = simulated(inner);
    await store.write("a", "first", one);
    await inner.write("a", "other");
    expect(attributes(await store.stat("a"))).toEqual(NOTHING);
    expect(attributes((await store.read("a")).info)).toEqual(NOTHING);
    await store.copy("a", "b");
    expect(attributes(await store.stat("b"))).toEqual(NOTHING);
  });

  it.each([
    ["before", { when: "before", fault: { error: "UNAVAILABLE" } }],
    ["after", { when: "after", fault: { error: "UNAVAILABLE" } }],
  ] as const)(
    "has the new object without metadata, or with its own, when the sidecar fails %s",
    async (when, fault) => {
      const memory = limited(LACKING);
      await simulated(memory).write("a", "first", one);
      const faults: FaultRule[] = [{ on: "write", path: SIDECAR, ...fault }];
      const store = simulated(new FaultStore(memory, { faults }));
      const error = await failureOf(store.write("a", "second", two));
      expect(error).toMatchObject({ code: "UNAVAILABLE", operation: "write", path: "a" });
      const result = await store.read("a");
      expect(attributes(result.info)).toEqual(when === "before" ? NOTHING : two);
      expect(Buffer.from(await result.bytes()).toString()).toBe("second");
    },
  );

  it("keeps the old object with its metadata when the write of the object fails", async () => {
    const memory = limited(LACKING);
    await simulated(memory).write("a", "first", one);
    const store = simulated(
      new FaultStore(memory, { faults: [{ on: "write", path: "a", fault: { error: "TIMEOUT" } }] }),
    );
    expect((await failureOf(store.write("a", "second", two))).code).toBe("TIMEOUT");
    expect(attributes(await store.stat("a"))).toEqual(one);
  });

  it("fails a read whose sidecar can't be read, and gives the body back", async () => {
    const memory = limited(LACKING);
    await simulated(memory).write("a", "first", one);
    const store = simulated(
      new FaultStore(memory, { faults: [{ on: "read", path: SIDECAR, fault: { error: "TIMEOUT" } }] }),
    );
    for (const call of [store.read("a"), store.stat("a")].map(failureOf)) {
      expect(await call).toMatchObject({ code: "TIMEOUT", path: "a" });
    }
    const damaged = simulated(new FaultStore(memory, { faults: [{ path: SIDECAR, fault: { truncate: 20 } }] }));
    expect(await failureOf(damaged.stat("a"))).toMatchObject({ code: "INTEGRITY", operation: "stat", path: "a" });
  });

  it("shows readers of this process old or new, never a mixture, while a sidecar is on its way", async () => {
    const held = new HeldStore(["write"], limited(LACKING));
    const store = simulated(held);
    const letGo = async (count: number): Promise<void> => {
      await held.until(count);
      held.held[count - 1]!.release();
    };
    const first = store.write("a", "first", one);
    await letGo(1);
    await letGo(2);
    await first;
    const second = store.write("a", "second", two);
    await letGo(3); // the object is there, its sidecar is not
    await held.until(4);
    const reading = store.stat("a");
    held.held[3]!.release();
    await second;
    expect(attributes(await reading)).toEqual(two);
  });

  it("gives each of many racing writers' objects its own metadata, or those of the last", async () => {
    const store = simulated();
    for (let round = 0; round < 20; round++) {
      const writes = Array.from({ length: 8 }, (_, n) => {
        const given = { contentType: `text/${n}`, metadata: { n: `${n}` } };
        const chunks = (async function* () {
          for (const chunk of ["v", `${n}`]) yield await Promise.resolve(Buffer.from(chunk));
        })();
        return store.write("a", n % 2 === 0 ? `v${n}` : chunks, given);
      });
      await Promise.all(writes);
      const { info, ...result } = await store.read("a");
      expect(`v${info.metadata?.["n"] ?? ""}`).toBe(Buffer.from(await result.bytes()).toString());
    }
  });

  it("reads sidecars of old also where the store has metadata of its own now, and writes none", async () => {
    const memory = new MemoryStore();
    await simulated(limited(LACKING, memory)).write("old", "x", one);
    const store = simulated(memory);
    expect(attributes(await store.stat("old"))).toEqual(one);
    await store.copy("old", "copy");
    expect(attributes(await store.stat("copy"))).toEqual(one);
    await store.write("new", "x", two);
    expect(attributes(await memory.stat("new"))).toEqual(two);
    await store.write("old", "y", two);
    expect(attributes(await memory.stat("old"))).toEqual(two);
    await store.delete("copy");
    expect(await pathsOf(memory)).toEqual(["new", "old"]);
  });

  it("tells versions apart by size and time where the store gives no etags", async () => {
    class NoEtags extends TappedStore {
      constructor(inner: Store) {
        super((_, proceed) => proceed(), inner);
      }
      override async stat(path: string): Promise<ObjectInfo | undefined> {
        const info = await super.stat(path);
        return info && { path, size: info.size, ...this.time(path) };
      }
      override async write(...args: Parameters<Store["write"]>): Promise<ObjectInfo> {
        const { path, size } = await super.write(...args);
        this.times.set(path, ++this.now);
        return { path, size };
      }
      times = new Map<string, number>();
      now = 1000;
      timed = true;
      time = (path: string) => (this.timed ? { lastModified: new Date(this.times.get(path)!) } : {});
    }
    const inner = new NoEtags(limited(LACKING));
    const store = simulated(inner);
    await store.write("a", "x", one);
    expect(attributes(await store.stat("a"))).toEqual(one);
    await inner.write("a", "y");
    expect(attributes(await store.stat("a"))).toEqual(NOTHING);
    inner.timed = false;
    expect((await failureOf(store.write("a", "x", one))).code).toBe("UNSUPPORTED");
  });
});
