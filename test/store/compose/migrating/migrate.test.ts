import { createHash } from "node:crypto";
import {
  FileStore,
  MemoryStore,
  migrate,
  MigratingStore,
  StorageError,
  StorageManager,
  type MigrateProgress,
  type Store,
} from "../../../../src/index.js";
import { failureOf } from "../../../support/failure.js";
import { HeldStore } from "../../../support/held-store.js";
import { longText } from "../../../support/payloads.js";
import { RecordingStore } from "../../../support/recording-store.js";
import { TappedStore, type StoreCall } from "../../../support/tapped-store.js";
import { turn } from "../../../support/turn.js";
import { textOf, useDirectories } from "../../drivers/file/file-roots.js";
import { CopyStore } from "../copy-store.js";

const newDirectory = useDirectories();

async function filled(paths: readonly string[], store: Store = new MemoryStore()): Promise<Store> {
  for (const path of paths) await store.write(path, `of ${path}`);
  return store;
}

async function pathsOf(store: Store): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list("")) paths.push(path);
  return paths;
}

const COUNTS = { copied: 0, skipped: 0, undone: 0, bytes: 0, failed: 0 };

describe("migrate", () => {
  it("copies what the other store lacks, with content type and metadata", async () => {
    const from = await filled(["a", "b/1", "b/2", "é"]);
    const about = { contentType: "text/plain", metadata: { kind: "test" } };
    await from.write("c", "of c", about);
    const to = await filled(["b/1", "b/3", "z"]);
    expect(await migrate({ from, to })).toEqual({ ...COUNTS, copied: 4, skipped: 1, bytes: 19, lastPath: "é" });
    expect(await pathsOf(to)).toEqual(["a", "b/1", "b/2", "b/3", "c", "z", "é"]);
    expect(await pathsOf(from)).toEqual(["a", "b/1", "b/2", "c", "é"]);
    expect(await to.stat("c")).toMatchObject(about);
    expect(await textOf(to, "é")).toBe("of é");
    expect(await migrate({ from, to })).toEqual({ ...COUNTS, skipped: 5, lastPath: "é" });
  });

  it("moves what a manager has stored", async () => {
    const [from, to] = [new MemoryStore(), new FileStore({ root: await newDirectory(), fsync: false })];
    const payload = { text: longText("a"), bytes: new Uint8Array(50_000).fill(7) };
    const dehydrated = await new StorageManager({ store: from }).dehydrate(payload, { scope: "s" });
    expect(await migrate({ from, to })).toMatchObject({ copied: 2, failed: 0 });
    expect(await new StorageManager({ store: to }).hydrate(dehydrated)).toEqual(payload);
  });

  it("goes by prefix, and on from a path", async () => {
    const from = await filled(["a", "b/1", "b/2", "b/3", "c"]);
    const to = new MemoryStore();
    expect(await migrate({ from, to, prefix: "b/", startAfter: "b/1" })).toMatchObject({ copied: 2, lastPath: "b/3" });
    expect(await pathsOf(to)).toEqual(["b/2", "b/3"]);
    expect(await migrate({ from: new MemoryStore(), to })).toEqual(COUNTS);
  });

  it("asks for each object as often as it says", async () => {
    const [from, to] = [new RecordingStore(), new RecordingStore()];
    await filled(["a", "b", "c"], from.inner);
    await filled(["b"], to.inner);
    await migrate({ from, to });
    const count = ({ calls }: RecordingStore, operation: string) =>
      calls.filter((c) => c.operation === operation).length;
    expect([count(from, "read"), count(from, "stat"), count(to, "write")]).toEqual([2, 2, 2]);
    expect([count(to, "stat"), count(to, "read"), count(to, "delete"), count(from, "delete")]).toEqual([0, 0, 0, 0]);
    expect(to.calls.filter(({ operation }) => operation === "write").map(({ options }) => options.ifNoneMatch)).toEqual(
      ["*", "*"],
    );
  });

  it("looks first where the other store has no conditions", async () => {
    const to = new RecordingStore(await filled(["a"]), { ifNoneMatch: false });
    // Listed before it was there.
    to.list = () => new MemoryStore().list("");
    expect(await migrate({ from: await filled(["a", "b"]), to })).toMatchObject({ copied: 1, skipped: 1 });
    expect([to.paths("stat"), to.paths("write")]).toEqual([["a", "b"], ["b"]]);
  });

  it("does not overwrite what was written since it was listed", async () => {
    const to = new MemoryStore();
    const late = new TappedStore(async ({ operation, path }, proceed) => {
      if (operation === "write") await to.write(path, "newer");
      return proceed();
    }, to);
    expect(await migrate({ from: await filled(["a"]), to: late })).toMatchObject({ copied: 0, skipped: 1 });
    expect(await textOf(to, "a")).toBe("newer");
  });

  it("checks objects that a manager named against their name", async () => {
    const name = (text: string) => `outputs/s/${createHash("sha256").update(text).digest("hex")}.json`;
    const [good, bad] = [name("good"), name("as it was")];
    const [from, to] = [new MemoryStore(), new MemoryStore()];
    await from.write(good, "good");
    await from.write(bad, "damaged");
    const failures: MigrateProgress[] = [];
    const result = await migrate({
      from,
      to,
      onProgress: (told) => {
        if (told.failure !== undefined) failures.push(told);
      },
    });
    expect(result).toMatchObject({ copied: 1, failed: 1 });
    expect(await pathsOf(to)).toEqual([good]);
    expect(failures.map(({ failure }) => failure)).toEqual([
      { path: bad, error: expect.objectContaining({ code: "INTEGRITY" }) as StorageError },
    ]);
  });

  it("does not leave metadata behind in silence", async () => {
    const from = new MemoryStore();
    await from.write("a", "x", { metadata: { kind: "test" } });
    await from.write("b", "x", { contentType: "text/plain" });
    const to = new FileStore({ root: await newDirectory(), fsync: false });
    expect(await migrate({ from, to })).toMatchObject({ copied: 1, failed: 1 });
    expect(await pathsOf(to)).toEqual(["b"]);
  });

  it("counts what fails, goes on, and says from where to go on", async () => {
    const from = new CopyStore(await filled(["a", "b", "c", "d"]));
    const read = from.read.bind(from);
    let broken = true;
    from.read = (path, options) =>
      path === "b" && broken ? Promise.reject(new StorageError("UNAVAILABLE", "Told to fail.")) : read(path, options);
    const to = new MemoryStore();
    const result = await migrate({ from, to });
    expect(result).toEqual({ ...COUNTS, copied: 3, failed: 1, bytes: 12, lastPath: "a" });
    broken = false;
    const again = await migrate({ from, to, startAfter: result.lastPath });
    expect(again).toEqual({ ...COUNTS, copied: 1, skipped: 2, bytes: 4, lastPath: "d" });
    expect(from.open).toBe(0);
  });

  it("tells of every object, and of nothing that can be changed; what the listener throws is its own", async () => {
    const told: MigrateProgress[] = [];
    const onProgress = (progress: MigrateProgress): void => {
      told.push({ ...progress });
      progress.copied = 99;
      throw new Error("The listener's own.");
    };
    const result = await migrate({
      from: await filled(["a", "b"]),
      to: await filled(["a"]),
      onProgress,
      concurrency: 1,
    });
    expect(told).toEqual([
      { ...COUNTS, skipped: 1, lastPath: "a" },
      { ...COUNTS, skipped: 1, copied: 1, bytes: 4, lastPath: "b" },
    ]);
    expect(result).toEqual(told[1]);
  });

  it("copies several at a time, and its last path is one below which all is done", async () => {
    const from = new HeldStore(["read"], await filled(["a", "b", "c", "d"]));
    const told: (string | undefined)[] = [];
    const migrating = migrate({
      from,
      to: new MemoryStore(),
      concurrency: 3,
      onProgress: ({ lastPath }) => void told.push(lastPath),
    });
    await from.until(3);
    expect(from.waiting).toBe(3);
    from.held[1]!.release();
    await from.until(4);
    from.held[3]!.release();
    from.held[2]!.release();
    await turn();
    from.held[0]!.release();
    expect(await migrating).toMatchObject({ copied: 4, lastPath: "d" });
    expect(told).toEqual([undefined, undefined, undefined, "d"]);
  });

  it.each<[string, object]>([
    ["prefix", { prefix: "../a" }],
    ["prefix", { prefix: 7 }],
    ["startAfter", { startAfter: "a//b" }],
    ["concurrency", { concurrency: 0 }],
    ["concurrency", { concurrency: 1.5 }],
    ["onProgress", { onProgress: "log" }],
    ["signal", { signal: {} }],
    ["from", { from: undefined }],
    ["to", { to: "s3" }],
    ["dryRun", { dryRun: true }],
  ])("refuses a wrong %s: %j", async (name, change) => {
    const [from, to] = [new RecordingStore(), new RecordingStore()];
    const error = await failureOf(migrate({ from, to, ...change }));
    expect(error).toMatchObject({ code: "CONFIG_INVALID" });
    expect(error.message).toContain(name);
    expect([...from.calls, ...to.calls]).toEqual([]);
  });

  it("refuses to copy a store to itself", async () => {
    const store = await filled(["a"]);
    expect((await failureOf(migrate({ from: store, to: store }))).code).toBe("CONFIG_INVALID");
  });

  it.each(["from", "to"])("does not compare with a listing of %s that is not sorted", async (which) => {
    const stores = { from: await filled(["a", "b", "c"]), to: await filled(["a"]) };
    const unsorted = new RecordingStore();
    unsorted.list = async function* () {
      for (const path of ["b", "a"]) yield await Promise.resolve({ path, size: 1 });
    };
    const error = await failureOf(migrate({ ...stores, [which]: unsorted }));
    expect(error).toMatchObject({ code: "UNEXPECTED", retryable: false, operation: "list" });
  });

  it("ends when a listing fails, and says why", async () => {
    for (const which of ["from", "to"] as const) {
      const stores = { from: new CopyStore(await filled(["a"])), to: new CopyStore() };
      stores[which].failsAt = { list: "PERMISSION_DENIED" };
      expect((await failureOf(migrate(stores))).code).toBe("PERMISSION_DENIED");
      await turn();
      expect([stores.from.listing, stores.to.listing]).toEqual([0, 0]);
    }
  });
});

/** Two stores that say so before each call of theirs, and what happens then. */
function watched(
  from: Store,
  to: Store,
  before: (name: string, call: StoreCall) => unknown,
): { from: Store; to: Store } {
  const tapped = (name: string, inner: Store) =>
    new TappedStore(async (call, proceed) => {
      await before(name, call);
      return proceed();
    }, inner);
  return { from: tapped("from", from), to: tapped("to", to) };
}

/** How many calls of its stores a migration makes. */
async function callsOfMigration(): Promise<number> {
  let calls = 0;
  await migrate(watched(await filled(["a", "b"]), new MemoryStore(), () => calls++));
  return calls;
}

describe("migrate, interrupted at each of its calls", () => {
  it("brings nothing back that is released there", async () => {
    const calls = await callsOfMigration();
    expect(calls).toBeGreaterThan(8);
    for (let at = 0; at < calls; at++) {
      const [from, to] = [await filled(["a", "b"]), new MemoryStore()];
      const released = new MigratingStore({ from, to, phase: "move" });
      let call = 0;
      const result = await migrate({
        ...watched(from, to, () => call++ === at && released.delete("a")),
        concurrency: 2,
      });
      expect([at, await pathsOf(from), await pathsOf(to)]).toEqual([at, ["b"], ["b"]]);
      expect(result.failed).toBe(0);
    }
  });

  it("brings nothing back whose release stands between its deletes", async () => {
    const calls = await callsOfMigration();
    for (let at = 0; at < calls; at++) {
      const [from, to] = [await filled(["a", "b"]), new MemoryStore()];
      let call = 0;
      await migrate(watched(from, to, () => call++ === at && from.delete("a")));
      await to.delete("a");
      expect([at, await pathsOf(from), await pathsOf(to)]).toEqual([at, ["b"], ["b"]]);
    }
  });

  it("brings nothing back that is released there, when nobody can look again", async () => {
    const calls = await callsOfMigration();
    for (let at = 0; at < calls; at++) {
      const [from, to] = [await filled(["a", "b"]), new MemoryStore()];
      let call = 0;
      const stores = watched(from, to, async (name, { operation }) => {
        if (call++ === at) await new MigratingStore({ from, to, phase: "move" }).delete("a");
        if (name === "from" && operation === "stat") throw new StorageError("UNAVAILABLE", "Told to fail.");
      });
      expect((await migrate(stores)).failed).toBeGreaterThan(0);
      expect([at, (await pathsOf(to)).includes("a")]).toEqual([at, false]);
    }
  });

  it("brings nothing back that is released there while the call fails", async () => {
    const calls = await callsOfMigration();
    for (let at = 0; at < calls; at++) {
      const [from, to] = [await filled(["a", "b"]), new MemoryStore()];
      let call = 0;
      const stores = watched(from, to, async () => {
        if (call++ !== at) return;
        await new MigratingStore({ from, to, phase: "move" }).delete("a");
        throw new StorageError("UNAVAILABLE", "Told to fail.");
      });
      await migrate(stores).catch((error: unknown) => expect(error).toMatchObject({ code: "UNAVAILABLE" }));
      for (let i = 0; i < 5; i++) await turn();
      expect([at, (await pathsOf(to)).includes("a")]).toEqual([at, false]);
    }
  });

  it("loses nothing that fails there, and can be called again", async () => {
    const calls = await callsOfMigration();
    let failures = 0;
    for (let at = 0; at < calls; at++) {
      const [from, to] = [await filled(["a", "b"]), new MemoryStore()];
      let call = 0;
      const stores = watched(from, to, () => {
        if (call++ === at) throw new StorageError("UNAVAILABLE", "Told to fail.");
      });
      const result = await migrate(stores).catch((error: unknown) => error as StorageError);
      if (result instanceof Error) expect(result.code).toBe("UNAVAILABLE");
      else failures += result.failed;
      expect(await pathsOf(from)).toEqual(["a", "b"]);
      // What could not be looked at again was taken back.
      const startAfter = result instanceof Error ? undefined : result.lastPath;
      await migrate({ from, to, startAfter });
      expect([at, await pathsOf(to)]).toEqual([at, ["a", "b"]]);
    }
    expect(failures).toBeGreaterThan(4);
  });

  it("gives up at once when it is aborted there, and brings nothing back all the same", async () => {
    const calls = await callsOfMigration();
    for (let at = 0; at < calls; at++) {
      const [from, to] = [await filled(["a", "b"]), new MemoryStore()];
      const controller = new AbortController();
      let call = 0;
      const stores = watched(from, to, async ({ length }, { operation }) => {
        if (call++ !== at) return;
        controller.abort(new Error(`Enough ${length}.`));
        await new MigratingStore({ from, to, phase: "move" }).delete("a");
        if (operation === "write") throw new StorageError("UNAVAILABLE", "Told to fail.");
      });
      const error = await failureOf(migrate({ ...stores, signal: controller.signal }));
      expect(error).toMatchObject({ code: "ABORTED", operation: "migrate", cause: controller.signal.reason as Error });
      for (let i = 0; i < 5; i++) await turn();
      expect([at, await pathsOf(from), (await pathsOf(to)).includes("a")]).toEqual([at, ["b"], false]);
    }
  });

  it.each(["entry", "read", "write", "stat"] as const)("gives up while a store hangs at %s", async (operation) => {
    const from = new HeldStore([operation], await filled(["a"]));
    const to = new HeldStore([operation]);
    const controller = new AbortController();
    const migrating = failureOf(migrate({ from, to, signal: controller.signal }));
    await (operation === "read" || operation === "stat" ? from : to).until(1);
    controller.abort(new Error("Enough."));
    expect((await migrating).code).toBe("ABORTED");
    for (const held of [...from.held, ...to.held]) held.fail(new StorageError("UNAVAILABLE", "Late."));
    await turn();
  });

  it("is not begun when it is aborted already", async () => {
    const from = new RecordingStore();
    const signal = AbortSignal.abort(new Error("Before."));
    expect((await failureOf(migrate({ from, to: new MemoryStore(), signal }))).code).toBe("ABORTED");
    expect(from.calls).toEqual([]);
  });

  it("takes its own copy back only, where etags are of versions", async () => {
    const [from, to] = [await filled(["a"]), new MemoryStore()];
    // It is released and written again between the write and the look.
    const stores = watched(from, to, async (name, { operation }) => {
      if (name !== "from" || operation !== "stat") return;
      const store = new MigratingStore({ from, to, phase: "move" });
      await store.delete("a");
      await store.write("a", "of a");
    });
    expect(await migrate(stores)).toMatchObject({ copied: 0, failed: 0 });
    expect(await pathsOf(to)).toEqual(["a"]);
  });
});
