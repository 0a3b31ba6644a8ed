import { createHash } from "node:crypto";
import type { StorageEvent } from "../../../../src/observe/event.js";
import { sha256Digest } from "../../../../src/bytes/digest.js";
import type { Capability } from "../../../../src/store/capability.js";
import { ReplicatedStore } from "../../../../src/store/compose/replicated/replicated-store.js";
import type { ReplicatedStoreOptions } from "../../../../src/store/compose/replicated/options.js";
import type { RepairReport } from "../../../../src/store/compose/replicated/repair.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import { failureOf } from "../../../support/failure.js";
import { turn } from "../../../support/turn.js";
import { textOf } from "../../drivers/file/file-roots.js";
import { CopyStore, putAll } from "../copy-store.js";

const CONTENT = "the content ".repeat(300);
const ADDRESSED = `outputs/run/${createHash("sha256").update(CONTENT).digest("hex")}.json`;
const PLAIN = { ifNoneMatch: false, ifMatch: false, metadata: false } as const;

function replicated(options: Partial<ReplicatedStoreOptions> = {}, capability: Partial<Capability> = {}) {
  const copy = () => new CopyStore(new MemoryStore(), capability);
  const copies = { a: copy(), b: copy(), c: copy() };
  const events: StorageEvent[] = [];
  const store = new ReplicatedStore({ stores: copies, observer: (event) => void events.push(event), ...options });
  const held = (path: string) =>
    Promise.all(Object.values(copies).map(({ disk }) => textOf(disk, path).catch(() => undefined)));
  const writes = () => Object.values(copies).map((each) => each.count("write"));
  return { ...copies, copies, store, events, held, writes };
}

const report = (path: string, fields: Partial<RepairReport>): RepairReport => {
  return { path, good: [], repaired: [], missing: [], corrupt: [], conflicting: [], failed: {}, ...fields };
};

describe("ReplicatedStore.repair", () => {
  it.each([
    ["with conditions", {}],
    ["without conditions or metadata", PLAIN],
  ])("mends copies that are missing or corrupt, by the digest in the path: %s", async (_, capability) => {
    const { a, b, c, store, events, held } = replicated({}, capability);
    await putAll([c], ADDRESSED, CONTENT);
    await putAll([b], ADDRESSED, CONTENT.replace("content", "context"));
    const expected = { digest: sha256Digest(Buffer.from(CONTENT)), good: ["c"], repaired: ["a", "b"] };
    expect(await store.repair(ADDRESSED)).toEqual(report(ADDRESSED, expected));
    expect(await held(ADDRESSED)).toEqual([CONTENT, CONTENT, CONTENT]);
    expect(events.filter(({ operation }) => operation === "replica_repair")).toMatchObject([
      { replica: "a", during: "repair", outcome: "success" },
      { replica: "b", during: "repair", outcome: "success" },
    ]);
    expect(await store.repair(ADDRESSED)).toMatchObject({ good: ["a", "b", "c"], repaired: [] });
    expect([a.open, b.open, c.open]).toEqual([0, 0, 0]);
  });

  it("mends by the digest that was stored with the object, and keeps its attributes", async () => {
    const { a, b, store } = replicated();
    await store.write("x", CONTENT, { contentType: "text/csv", metadata: { owner: "me" } });
    const { metadata } = (await a.disk.stat("x"))!;
    await a.disk.write("x", CONTENT.replace("content", "context"), { metadata }); // a flipped bit, not a write
    await b.disk.delete("x");
    expect(await store.repair("x")).toMatchObject({ good: ["c"], repaired: ["a", "b"] });
    for (const { disk } of [a, b]) {
      expect(await disk.stat("x")).toMatchObject({ contentType: "text/csv", metadata: { ...metadata, owner: "me" } });
      expect(await textOf(disk, "x")).toBe(CONTENT);
    }
  });

  it("takes the version of more than half of the stores, unless one store is enough to acknowledge", async () => {
    for (const acknowledge of ["all", "quorum", "first"] as const) {
      const { a, b, c, store, held } = replicated({ acknowledge }, PLAIN);
      await putAll([a, c], "x", "one");
      await putAll([b], "x", "two");
      const decided = acknowledge !== "first";
      expect(await store.repair("x")).toMatchObject(
        decided
          ? { digest: sha256Digest(Buffer.from("one")), good: ["a", "c"], repaired: ["b"], conflicting: [] }
          : { good: [], repaired: [], conflicting: ["a", "b", "c"] },
      );
      expect(await held("x")).toEqual(["one", decided ? "one" : "two", "one"]);
    }
  });

  it("touches nothing where it can't tell which copy is right", async () => {
    const { a, b, store, held, writes } = replicated({}, PLAIN);
    await putAll([a], "x", "one");
    await putAll([b], "x", "two");
    expect(await store.repair("x")).toEqual(report("x", { missing: ["c"], conflicting: ["a", "b"] }));
    expect(await held("x")).toEqual(["one", "two", undefined]);
    expect(writes()).toEqual([0, 0, 0]);
  });

  it("takes the newest only when asked to, and only when all copies tell their time", async () => {
    jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"], now: 1000 });
    try {
      const { a, b, store, held } = replicated({}, PLAIN);
      await putAll([a], "x", "one");
      await putAll([b], "x", "two");
      expect(await store.repair("x", { newest: true })).toMatchObject({ conflicting: ["a", "b"] }); // the same moment
      jest.setSystemTime(2000);
      await putAll([a], "x", "one");
      expect(await store.repair("x", { newest: true })).toMatchObject({ good: ["a"], repaired: ["b", "c"] });
      expect(await held("x")).toEqual(["one", "one", "one"]);
    } finally {
      jest.useRealTimers();
    }
  });

  it("makes nothing good of copies that are all corrupt", async () => {
    const { copies, store, held, writes } = replicated();
    await putAll(Object.values(copies), ADDRESSED, "other");
    expect(await store.repair(ADDRESSED)).toEqual(report(ADDRESSED, { corrupt: ["a", "b", "c"] }));
    expect(await held(ADDRESSED)).toEqual(["other", "other", "other"]);
    expect(writes()).toEqual([0, 0, 0]);
  });

  it("says what it could not read, and decides nothing that such a copy could change", async () => {
    const { a, b, c, store, held } = replicated({ acknowledge: "quorum" }, PLAIN);
    await putAll([c], "x", "old");
    a.fails = "UNAVAILABLE";
    // b has lost the object; a may hold a later version: with the old one in b, the old would be the majority.
    expect(await store.repair("x")).toEqual(
      report("x", { missing: ["b"], conflicting: ["c"], failed: { a: "UNAVAILABLE" } }),
    );
    expect(await b.disk.stat("x")).toBeUndefined();
    await putAll([b, c], ADDRESSED, CONTENT);
    await b.disk.delete(ADDRESSED);
    expect(await store.repair(ADDRESSED)).toMatchObject({ good: ["c"], repaired: ["b"], failed: { a: "UNAVAILABLE" } });
    b.failsAt = { write: "INSUFFICIENT_STORAGE" };
    await b.disk.delete(ADDRESSED);
    expect(await store.repair(ADDRESSED)).toMatchObject({ failed: { a: "UNAVAILABLE", b: "INSUFFICIENT_STORAGE" } });
    expect(await held(ADDRESSED)).toEqual([undefined, undefined, CONTENT]);
  });

  it.each([
    ["appears", "missing", {}],
    ["appears", "missing", PLAIN],
    ["changes", "wrong", {}],
    ["changes", "wrong", PLAIN],
  ])("leaves a copy alone that %s meanwhile (%s, %j)", async (_, was, capability) => {
    const { a, b, c, store } = replicated({}, capability);
    await putAll([b, c], ADDRESSED, CONTENT);
    if (was === "wrong") await putAll([a], ADDRESSED, "wrong");
    // Another process writes there as soon as this one has looked.
    a.before = async (operation) => {
      if (operation === (capability === PLAIN ? "stat" : "write")) await a.disk.write(ADDRESSED, "newer");
    };
    expect(await store.repair(ADDRESSED)).toMatchObject({ good: ["b", "c"], repaired: [], conflicting: ["a"] });
    expect(await textOf(a.disk, ADDRESSED)).toBe("newer");
  });

  it("writes nothing when the good copy turns out bad while it is read again", async () => {
    const { a, b, store, held } = replicated();
    await putAll([b], ADDRESSED, CONTENT);
    b.before = (operation) => {
      if (operation === "read" && b.count("read") === 2) b.body = { fault: "flip", at: 5 };
    };
    expect(await store.repair(ADDRESSED)).toMatchObject({ good: ["b"], repaired: [] });
    expect(await held(ADDRESSED)).toEqual([undefined, CONTENT, undefined]);
    expect([a.open, b.open]).toEqual([0, 0]);
  });

  it("waits for writes of the same path, and keeps later ones waiting", async () => {
    const { c, store, held } = replicated({ acknowledge: "quorum" });
    let letGo: () => void = () => undefined;
    const holding = new Promise<void>((resolve) => (letGo = resolve));
    c.before = (operation) => (operation === "write" ? holding : undefined);
    await store.write("x", "one");
    const repairing = store.repair("x");
    const writing = store.write("x", "two");
    await turn();
    expect(c.count("read")).toBe(0);
    letGo();
    expect(await repairing).toMatchObject({ good: ["a", "b", "c"], repaired: [] });
    await writing;
    await store.close();
    expect(await held("x")).toEqual(["two", "two", "two"]);
  });

  it("is ABORTED when the caller gives up, though a store hangs", async () => {
    const { a, store } = replicated();
    a.fails = "hang";
    const controller = new AbortController();
    const repairing = failureOf(store.repair("x", { signal: controller.signal }));
    await turn();
    controller.abort("enough");
    expect(await repairing).toMatchObject({ code: "ABORTED", cause: "enough", operation: "repair", path: "x" });
    await expect(store.repair("../x")).rejects.toMatchObject({ code: "INVALID_PATH" });
  });

  it("mends objects that are too large to be held", async () => {
    const { a, store, held } = replicated({ maxBufferSize: 100 });
    await store.write(ADDRESSED, CONTENT);
    await a.disk.delete(ADDRESSED);
    expect(await store.repair(ADDRESSED)).toMatchObject({ good: ["b", "c"], repaired: ["a"] });
    expect(await held(ADDRESSED)).toEqual([CONTENT, CONTENT, CONTENT]);
  });
});

describe("ReplicatedStore.scrub", () => {
  it("repairs what any store lists, and sums up", async () => {
    const { a, b, c, store, held } = replicated({}, PLAIN);
    await putAll([a, b, c], "in/good", "content");
    await putAll([b], "in/missing", "content");
    await putAll([a], "in/odd", "one");
    await putAll([b], "in/odd", "two");
    await putAll([a], "out/of/prefix", "content");
    const seen: string[] = [];
    const summary = await store.scrub("in/", { onProgress: ({ path }) => void seen.push(path) });
    expect(summary).toEqual({
      objects: 3,
      good: 1,
      repaired: 1,
      unresolved: 1,
      problems: [report("in/odd", { missing: ["c"], conflicting: ["a", "b"] })],
      last: "in/odd",
    });
    expect(seen).toEqual(["in/good", "in/missing", "in/odd"]);
    expect(await held("in/missing")).toEqual(["content", "content", "content"]);
    expect(await held("out/of/prefix")).toEqual(["content", undefined, undefined]);
    expect([a.listing, b.listing, c.listing]).toEqual([0, 0, 0]);
  });

  it("stops when the caller gives up, and goes on where it stopped", async () => {
    const { a, store, held } = replicated();
    for (const path of ["1", "2", "3"]) await putAll([a], path, "content");
    const controller = new AbortController();
    let last: string | undefined;
    const onProgress = ({ path }: RepairReport): void => {
      last = path;
      if (path === "2") controller.abort("enough");
      throw new Error("a bug");
    };
    const error = await failureOf(store.scrub("", { signal: controller.signal, onProgress }));
    expect(error).toMatchObject({ code: "ABORTED", cause: "enough" });
    expect(last).toBe("2");
    expect(await held("3")).toEqual(["content", undefined, undefined]);
    expect(await store.scrub("", { startAfter: last })).toMatchObject({ objects: 1, repaired: 1, last: "3" });
    expect(await held("3")).toEqual(["content", "content", "content"]);
  });

  it("does not pass for complete when a store can't be listed", async () => {
    const { a, b, store } = replicated();
    await putAll([a], "x", "content");
    b.failsAt = { list: "UNAVAILABLE" };
    expect(await failureOf(store.scrub(""))).toMatchObject({ code: "UNAVAILABLE", operation: "scrub" });
  });
});
