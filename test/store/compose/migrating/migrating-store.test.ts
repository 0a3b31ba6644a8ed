import fc from "fast-check";
import {
  MemoryStore,
  MigratingStore,
  StorageError,
  type MigrationPhase,
  type StorageEvent,
} from "../../../../src/index.js";
import { failureOf, thrownBy } from "../../../support/failure.js";
import { RecordingStore } from "../../../support/recording-store.js";
import { TappedStore } from "../../../support/tapped-store.js";
import { textOf } from "../../drivers/file/file-roots.js";
import { CopyStore } from "../copy-store.js";

const PHASES = ["prepare", "move", "drain"] as const;

function migrating(phase: MigrationPhase) {
  const [from, to] = [new CopyStore(), new CopyStore()];
  const events: StorageEvent[] = [];
  const store = new MigratingStore({ from, to, phase, observer: (event) => void events.push(event) });
  const [first, second] = phase === "prepare" ? [from, to] : [to, from];
  return { from, to, store, first, second, events };
}

async function pathsOf(listing: AsyncIterable<{ path: string }>): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of listing) paths.push(path);
  return paths;
}

describe.each(PHASES)("MigratingStore in %s", (phase) => {
  it("writes to one store, and reads it first", async () => {
    const { store, first, second } = migrating(phase);
    await store.write("a", "new");
    await second.disk.write("a", "old");
    expect(await first.disk.stat("a")).toBeDefined();
    expect(await textOf(store, "a")).toBe("new");
    expect((await store.stat("a"))?.size).toBe(3);
    expect(second.calls).toEqual([]);
  });

  it("reads the other store where the first has no such object", async () => {
    const { store, first, second } = migrating(phase);
    await second.disk.write("a", "old");
    expect(await textOf(store, "a")).toBe("old");
    expect((await store.stat("a"))?.size).toBe(3);
    expect(first.calls).toEqual(["read", "stat"]);
    await expect(store.read("b")).rejects.toMatchObject({ code: "NOT_FOUND", path: "b" });
    expect(await store.stat("b")).toBeUndefined();
  });

  it.each(["CONTAINER_NOT_FOUND", "PERMISSION_DENIED", "UNAVAILABLE", "THROTTLED", "TIMEOUT"] as const)(
    "does not take %s for a miss",
    async (code) => {
      const { store, first, second } = migrating(phase);
      await second.disk.write("a", "old");
      first.fails = code;
      for (const call of [store.read("a"), store.stat("a"), store.copy("a", "b")]) {
        expect((await failureOf(call)).code).toBe(code);
      }
      expect(second.calls).toEqual([]);
    },
  );

  it("deletes from the old store, then from the new one", async () => {
    const order: string[] = [];
    const tapped = (name: string) =>
      new TappedStore((call, proceed) => {
        order.push(`${call.operation} ${name}`);
        return proceed();
      });
    const [from, to] = [tapped("from"), tapped("to")];
    for (const { inner } of [from, to]) await inner.write("a", "x");
    await new MigratingStore({ from, to, phase }).delete("a");
    expect(order).toEqual(["delete from", "delete to"]);
    expect([await from.inner.stat("a"), await to.inner.stat("a")]).toEqual([undefined, undefined]);
  });

  it("keeps what is in the new store when the old one does not delete, until the delete is called again", async () => {
    const { store, from, to } = migrating(phase);
    for (const { disk } of [from, to]) await disk.write("a", "x");
    from.failsAt = { delete: "UNAVAILABLE" };
    expect((await failureOf(store.delete("a"))).code).toBe("UNAVAILABLE");
    expect(to.calls).toEqual([]);
    from.failsAt = {};
    await store.delete("a");
    expect(await pathsOf(store.list(""))).toEqual([]);
  });

  it("takes a store that has nothing to delete for one that has deleted", async () => {
    const { store, from, to } = migrating(phase);
    await to.disk.write("a", "x");
    from.failsAt = { delete: "NOT_FOUND" };
    await store.delete("a");
    expect(await to.disk.stat("a")).toBeUndefined();
  });

  it("lists both stores, sorted, each path once, as the first describes it", async () => {
    const path = fc.stringMatching(/^[a-c]{1,2}$/);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(path), fc.uniqueArray(path), async (ours, others) => {
        const { store, first, second } = migrating(phase);
        for (const own of ours) await first.disk.write(own, "first");
        for (const other of others) await second.disk.write(other, "2nd");
        const listed: [string, number][] = [];
        for await (const { path: at, size } of store.list("")) listed.push([at, size]);
        const all = [...new Set([...ours, ...others])].sort();
        expect(listed).toEqual(all.map((at) => [at, ours.includes(at) ? 5 : 3]));
      }),
    );
  });

  it("fails a listing of which one half is missing", async () => {
    const { store, second } = migrating(phase);
    second.failsAt = { list: "PERMISSION_DENIED" };
    expect(await failureOf(pathsOf(store.list("")))).toMatchObject({ code: "UNAVAILABLE", operation: "list" });
  });

  it("copies into the store that is written to, also what is in the other one", async () => {
    const { store, first, second } = migrating(phase);
    const info = { contentType: "text/plain", metadata: { kind: "test" } };
    await second.disk.write("a", "old", info);
    expect(await store.copy("a", "b")).toMatchObject({ path: "b", size: 3 });
    expect(await first.disk.stat("b")).toMatchObject({ size: 3, ...info });
    expect(await second.disk.stat("b")).toBeUndefined();
    await store.copy("b", "c");
    expect(first.count("copy")).toBe(2);
    expect(await failureOf(store.copy("none", "d"))).toMatchObject({ code: "NOT_FOUND" });
    expect(second.open).toBe(0);
  });

  it("presigns where the object is, and for writing where is written", async () => {
    const presigned = (name: string) => {
      const store = new CopyStore(new MemoryStore(), { presign: true });
      store.presign = (path) => Promise.resolve(`${name}/${path}`);
      return store;
    };
    const [from, to] = [presigned("from"), presigned("to")];
    const store = new MigratingStore({ from, to, phase });
    const [first, second] = phase === "prepare" ? ["from", "to"] : ["to", "from"];
    await (phase === "prepare" ? to : from).disk.write("a", "x");
    const options = { expiresIn: 60 } as const;
    expect(await store.presign("a", { method: "GET", ...options })).toBe(`${second}/a`);
    expect(await store.presign("b", { method: "GET", ...options })).toBe(`${first}/b`);
    expect(await store.presign("a", { method: "PUT", ...options })).toBe(`${first}/a`);
  });

  it("closes both stores, also when one fails to", async () => {
    const { store, from, to } = migrating(phase);
    from.before = (operation) => {
      if (operation === "close") throw new StorageError("UNAVAILABLE", "Told to fail.");
    };
    expect((await failureOf(store.close())).code).toBe("UNAVAILABLE");
    expect([from.count("close"), to.count("close")]).toEqual([1, 1]);
  });

  it("tells of reads that the old store had to answer, in drain alone", async () => {
    const { store, from, to, events } = migrating(phase);
    await from.disk.write("old", "x");
    await to.disk.write("new", "x");
    for (const path of ["old", "new"]) {
      await (await store.read(path)).cancel();
      await store.stat(path);
      await store.copy(path, `${path}/copy`);
    }
    await failureOf(store.read("none"));
    const misses = events.filter(({ operation }) => operation === "migration_miss");
    const expected = phase === "drain" ? ["read", "stat", "copy"] : [];
    expect(misses.map(({ during, replica, store: name }) => [during, replica, name])).toEqual(
      expected.map((during) => [during, "from", "migrating"]),
    );
    expect(JSON.stringify(events)).not.toContain("old");
  });

  it.each(["first", "second"] as const)(
    "gives up at once when the %s store hangs, and gives late bodies back",
    async (which) => {
      const { store, second, ...stores } = migrating(phase);
      await second.disk.write("a", "x");
      const hanging = which === "first" ? stores.first : second;
      let goOn = (): void => undefined;
      const reached = new Promise<void>((resolve) => {
        hanging.before = () => {
          resolve();
          return new Promise<void>((proceed) => (goOn = proceed));
        };
      });
      const controller = new AbortController();
      const reading = failureOf(store.read("a", { signal: controller.signal }));
      await reached;
      controller.abort(new Error("Enough."));
      expect(await reading).toMatchObject({ code: "ABORTED", cause: controller.signal.reason as Error });
      goOn();
      await new Promise(setImmediate);
      expect([stores.first.open, second.open]).toEqual([0, 0]);
      expect(second.count("read")).toBe(which === "first" ? 0 : 1);
    },
  );
});

describe("MigratingStore", () => {
  it("can do what both stores can, and offers no conditions over the two", () => {
    const narrow = new CopyStore(new MemoryStore(), { metadata: false, maxObjectSize: 10, maxPathLength: 20 });
    for (const phase of PHASES) {
      for (const stores of [
        { from: narrow, to: new MemoryStore() },
        { from: new MemoryStore(), to: narrow },
      ]) {
        const { capability } = new MigratingStore({ ...stores, phase });
        expect(capability).toMatchObject({ metadata: false, contentType: true, maxObjectSize: 10, maxPathLength: 20 });
        expect([capability.ifNoneMatch, capability.ifMatch, capability.deleteIfMatch]).toEqual([false, false, false]);
        expect(Object.isFrozen(capability)).toBe(true);
      }
    }
  });

  it("refuses a condition before any I/O", async () => {
    const [from, to] = [new RecordingStore(), new RecordingStore()];
    const store = new MigratingStore({ from, to, phase: "move" });
    expect((await failureOf(store.write("a", "x", { ifNoneMatch: "*" }))).code).toBe("UNSUPPORTED");
    expect((await failureOf(store.delete("a", { ifMatch: '"1"' }))).code).toBe("UNSUPPORTED");
    expect([...from.calls, ...to.calls]).toEqual([]);
  });

  it.each<[string, object]>([
    ["phase", { phase: "moved" }],
    ["phase", { phase: undefined }],
    ["from", { from: {} }],
    ["to", { to: undefined }],
    ["observer", { observer: "log" }],
    ["phases", { phases: "move" }],
  ])("refuses a wrong %s: %j", (name, change) => {
    const options = { from: new MemoryStore(), to: new MemoryStore(), phase: "move" as const, ...change };
    const error = thrownBy(() => new MigratingStore(options));
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    expect(error.message).toContain(name);
  });

  it("refuses to move a store to itself", () => {
    const store = new MemoryStore();
    expect(thrownBy(() => new MigratingStore({ from: store, to: store, phase: "move" })).message).toContain(
      "to: must be another store than from",
    );
  });
});
