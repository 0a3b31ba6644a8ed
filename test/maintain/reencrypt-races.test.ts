import { randomBytes } from "node:crypto";
import { aes256gcm, MemoryStore, StorageError, StorageManager, type ObjectInfo, type Store } from "../../src/index.js";
import { FaultStore } from "../../src/testing/index.js";
import { failureOf } from "../support/failure.js";
import { TappedStore } from "../support/tapped-store.js";

const keys = { old: randomBytes(32), fresh: randomBytes(32) };

function managerOf(store: Store, activeKeyId: "old" | "fresh", options: object = {}): StorageManager {
  return new StorageManager({ store, codecs: [aes256gcm({ keys, activeKeyId })], ...options });
}

async function pathsOf(store: Store): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list("")) paths.push(path);
  return paths;
}

/** A store that does something before its operations. */
class Interrupted extends MemoryStore {
  constructor(private readonly before: (operation: "write" | "stat" | "delete", path: string) => Promise<void>) {
    super();
  }
  override async write(...args: Parameters<Store["write"]>): ReturnType<Store["write"]> {
    await this.before("write", args[0]);
    return super.write(...args);
  }
  override async stat(...args: Parameters<Store["stat"]>): ReturnType<Store["stat"]> {
    await this.before("stat", args[0]);
    return super.stat(...args);
  }
  override async delete(...args: Parameters<Store["delete"]>): ReturnType<Store["delete"]> {
    await this.before("delete", args[0]);
    return super.delete(...args);
  }
}

/** A store that can't write only if there is nothing. */
class Unconditional extends Interrupted {
  override readonly capability = Object.freeze({
    ...new MemoryStore().capability,
    ifNoneMatch: false,
    ifMatch: false,
    deleteIfMatch: false,
  });
}

/** A store whose listings see what was written after they began. */
class Paged extends MemoryStore {
  override async *list(...[prefix, options]: Parameters<Store["list"]>): AsyncGenerator<ObjectInfo> {
    let startAfter = options?.startAfter;
    for (;;) {
      const before = startAfter;
      for await (const object of super.list(prefix, { ...options, startAfter, limit: 1 })) {
        startAfter = object.path;
        yield object;
      }
      if (startAfter === before) return;
    }
  }
}

const VALUE = { text: "x".repeat(5000) };

describe("encrypting again by two processes at the same time", () => {
  const points = (["write", "stat", "delete"] as const).flatMap((operation) =>
    [1, 2, 3].map((at) => ({ operation, at })),
  );

  it.each(points)("loses nothing when one is overtaken before its $operation $at", async ({ operation, at }) => {
    for (const kind of [Interrupted, Unconditional]) {
      for (const isLeftOver of [false, true]) {
        let count = 0;
        let isArmed = false;
        const store: Store = new kind(async (what) => {
          if (!isArmed || what !== operation || ++count !== at) return;
          isArmed = false;
          await managerOf(store, "fresh").reencrypt("");
        });
        const dehydrated = await managerOf(store, "old").dehydrate(VALUE);
        const [path] = await pathsOf(store);
        if (isLeftOver) {
          // One that died before it deleted the old one.
          const bytes = await (await store.read(path!)).bytes();
          await managerOf(store, "fresh").reencrypt("");
          await store.write(path!, bytes);
        }
        isArmed = true;
        const report = await managerOf(store, "fresh").reencrypt("");
        expect(report.failures).toEqual([]);
        expect(await pathsOf(store)).toEqual([`${path}.reencrypted`]);
        const reader = new StorageManager({
          store,
          codecs: [aes256gcm({ keys: { fresh: keys.fresh }, activeKeyId: "fresh" })],
        });
        expect(await reader.hydrate(dehydrated)).toEqual(VALUE);
      }
    }
  });

  it("loses nothing, however they meet", async () => {
    const store = new MemoryStore();
    const dehydrated: unknown[] = [];
    for (let index = 0; index < 50; index++) dehydrated.push(await managerOf(store, "old").dehydrate(VALUE));
    const reports = await Promise.all([1, 2, 3].map(() => managerOf(store, "fresh").reencrypt("")));
    expect(reports.flatMap(({ failures }) => failures)).toEqual([]);
    expect(await pathsOf(store)).toHaveLength(50);
    expect(await managerOf(store, "fresh").hydrate(dehydrated)).toEqual(dehydrated.map(() => VALUE));
  });

  it("does not bring back what was encrypted again before, and is released meanwhile", async () => {
    let release = false;
    const store: Store = new Interrupted(async (operation) => {
      if (!release || operation !== "write") return;
      release = false;
      await managerOf(store, "old").release("s");
    });
    await managerOf(store, "old").dehydrate(VALUE, { scope: "s" });
    await managerOf(store, "fresh").reencrypt("");
    release = true;
    expect(await managerOf(store, "old").reencrypt("")).toMatchObject({ failed: 0, failures: [] });
    expect(await pathsOf(store)).toEqual([]);
  });
});

describe("encrypting again in a store that fails", () => {
  it.each(["read", "write", "stat", "delete"] as const)(
    "reports a %s that fails, and is done next time",
    async (on) => {
      for (const fault of [{ error: "UNAVAILABLE" }, { lostAcknowledgement: true }] as const) {
        if ("lostAcknowledgement" in fault && (on === "read" || on === "stat")) continue;
        const inner = new MemoryStore();
        const dehydrated = await managerOf(inner, "old").dehydrate(VALUE);
        const store = new FaultStore(inner, { seed: 1, faults: [{ on, times: 1, fault }] });
        expect(await managerOf(store, "fresh").reencrypt("")).toMatchObject({ failed: 1 });
        expect(store.injected).toHaveLength(1);
        expect(await managerOf(store, "fresh").hydrate(dehydrated)).toEqual(VALUE);
        expect(await managerOf(store, "fresh").reencrypt("")).toMatchObject({ failed: 0 });
        const paths = await pathsOf(inner);
        expect(paths).toHaveLength(1);
        expect(await managerOf(store, "fresh").hydrate(dehydrated)).toEqual(VALUE);
      }
    },
  );

  it("goes on after an object that hangs", async () => {
    const inner = new MemoryStore();
    for (const scope of ["a", "b", "c"]) await managerOf(inner, "old").dehydrate(VALUE, { scope });
    const store = new FaultStore(inner, { seed: 1, faults: [{ on: "read", path: /\/b\//, fault: { hang: true } }] });
    const report = await managerOf(store, "fresh", { timeout: 50 }).reencrypt("");
    expect(report).toMatchObject({ objects: 3, reencrypted: 2, failed: 1 });
    expect(report.failures[0]!.error).toBeInstanceOf(StorageError);
    expect(report.failures[0]).toMatchObject({ path: expect.stringContaining("/b/"), error: { code: "TIMEOUT" } });
  });

  it.each(["read", "stat", "write", "delete"])("goes on after a %s that hangs whatever its signal says", async (on) => {
    const inner = new MemoryStore();
    for (const scope of ["a", "b", "c"]) await managerOf(inner, "old").dehydrate(VALUE, { scope });
    const store = new TappedStore(async ({ operation, path }, proceed) => {
      if (operation === on && path.includes("/b/")) await new Promise(() => undefined);
      return proceed();
    }, inner);
    const report = await managerOf(store, "fresh", { timeout: 50 }).reencrypt("");
    expect(report).toMatchObject({ reencrypted: 2, failed: 1, failures: [{ error: { code: "TIMEOUT" } }] });
  });

  it.each(["read", "write", "stat", "delete"] as const)(
    "ends at once when it is aborted in a %s that hangs",
    async (on) => {
      const inner = new MemoryStore();
      const dehydrated = await managerOf(inner, "old").dehydrate(VALUE);
      const stop = new AbortController();
      const store = new FaultStore(inner, { seed: 1, faults: [{ on, times: 1, fault: { hang: true } }] });
      const walk = managerOf(store, "fresh").reencrypt("", { signal: stop.signal });
      const failure = failureOf(walk);
      while (store.injected.length === 0) await new Promise(setImmediate);
      const reason = new Error("enough");
      stop.abort(reason);
      expect(await failure).toMatchObject({ code: "ABORTED", cause: reason });
      expect(await managerOf(store, "fresh").hydrate(dehydrated)).toEqual(VALUE);
      expect(await managerOf(store, "fresh").reencrypt("")).toMatchObject({ failed: 0 });
      expect(await pathsOf(inner)).toHaveLength(1);
      expect(await managerOf(store, "fresh").hydrate(dehydrated)).toEqual(VALUE);
    },
  );

  it("counts once what its own listing comes to", async () => {
    const store = new Paged();
    for (let index = 0; index < 30; index++) await managerOf(store, "old").dehydrate(VALUE, { scope: `s${index}` });
    const report = await managerOf(store, "fresh", { concurrency: 1 }).reencrypt("");
    expect(report).toMatchObject({ reencrypted: 30, current: 0, failed: 0 });
  });
});
