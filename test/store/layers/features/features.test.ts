import type { StorageEvent } from "../../../../src/observe/event.js";
import type { FeatureOptions } from "../../../../src/store/layers/features/options.js";
import { withFeatures } from "../../../../src/store/layers/features/with-features.js";
import { RoutingStore } from "../../../../src/store/compose/routing/routing-store.js";
import { StorageError } from "../../../../src/errors/error.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import type { Store } from "../../../../src/store/store.js";
import { failureOf } from "../../../support/failure.js";
import { limited } from "../../../support/limited-store.js";
import { RecordingStore } from "../../../support/recording-store.js";

const BARE = ["metadata", "contentType", "copy", "ifNoneMatch", "ifMatch", "deleteIfMatch", "rangeRead"] as const;
const ATTRIBUTES = { contentType: "text/csv", metadata: { owner: "me" } };

describe("withFeatures: strict", () => {
  it("refuses all options that the store can't honour, and names each", async () => {
    const recording = new RecordingStore(limited(BARE));
    const store = withFeatures(recording);
    const next = jest.fn<Promise<IteratorResult<Uint8Array>>, []>();
    const end = jest.fn(() => Promise.resolve({ done: true as const, value: undefined }));
    const body = { [Symbol.asyncIterator]: () => ({ next, return: end }) };
    const error = await failureOf(store.write("a", body, { ...ATTRIBUTES, ifMatch: '"1"', size: 3 }));
    expect(error).toMatchObject({ code: "UNSUPPORTED", operation: "write", path: "a", store: "tapped" });
    expect(error.message).toContain(
      'The tapped store does not support the options "ifMatch", "metadata", "contentType".',
    );
    const ranged = await failureOf(store.read("a", { offset: 1, length: 2 }));
    expect(ranged.message).toContain('"offset", "length"');
    expect((await failureOf(store.delete("a", { ifMatch: '"1"' }))).message).toContain('"ifMatch"');
    expect(recording.calls).toEqual([]);
    expect(next).not.toHaveBeenCalled();
    expect(end).toHaveBeenCalledTimes(1);
  });

  it("takes an option that is undefined for one that is not given", async () => {
    const store = withFeatures(limited(BARE));
    await store.write("a", "x", { contentType: undefined, metadata: undefined, ifMatch: undefined });
    expect((await store.read("a", { offset: undefined })).info.size).toBe(1);
  });

  it("says first what is wrong with the arguments", async () => {
    const store = withFeatures(limited(BARE), { loose: true });
    expect((await failureOf(store.write("../a", "x", ATTRIBUTES))).code).toBe("INVALID_PATH");
    const strict = withFeatures(limited(BARE));
    expect((await failureOf(strict.write("a", 5 as never, ATTRIBUTES))).code).toBe("CONFIG_INVALID");
  });
});

describe("withFeatures: loose", () => {
  function loose(options: FeatureOptions): { store: Store; inner: Store; events: StorageEvent[] } {
    const events: StorageEvent[] = [];
    const inner = limited(BARE);
    return { inner, events, store: withFeatures(inner, { ...options, observer: (event) => events.push(event) }) };
  }

  it.each([[true], [["write"] as const], [["write", "read"] as const]])(
    "%j drops optional options of a write, and tells of each",
    async (given) => {
      const { store, inner, events } = loose({ loose: given });
      const written = await store.write("a", "x", { ...ATTRIBUTES, size: 1 });
      expect(written.contentType).toBeUndefined();
      expect((await inner.stat("a"))?.metadata).toBeUndefined();
      const event = { operation: "option_dropped", store: "memory", during: "write", outcome: "success" };
      expect(events).toMatchObject([
        { ...event, option: "metadata" },
        { ...event, option: "contentType" },
      ]);
    },
  );

  it.each([[false], [[]], [["read", "copy"] as const]])("%j is strict about a write", async (given) => {
    const { store, events } = loose({ loose: given });
    expect((await failureOf(store.write("a", "x", ATTRIBUTES))).code).toBe("UNSUPPORTED");
    expect(events).toEqual([]);
  });

  it("drops nothing that decides the outcome, and then nothing at all", async () => {
    const { store, inner, events } = loose({ loose: true });
    for (const decisive of [{ ifNoneMatch: "*" as const }, { ifMatch: '"1"' }]) {
      const error = await failureOf(store.write("a", "x", { ...decisive, ...ATTRIBUTES }));
      expect(error.code).toBe("UNSUPPORTED");
      expect(error.message).not.toContain("metadata");
    }
    expect((await failureOf(store.write("a", "x", { digest: "sha256-x" }))).code).toBe("INTEGRITY");
    expect((await failureOf(store.write("a", "x", { size: 2 }))).code).toBe("INTEGRITY");
    expect((await failureOf(store.read("a", { offset: 1 }))).code).toBe("UNSUPPORTED");
    expect((await failureOf(store.delete("a", { ifMatch: '"1"' }))).code).toBe("UNSUPPORTED");
    expect((await failureOf(store.copy("a", "b"))).code).toBe("UNSUPPORTED");
    expect(await inner.stat("a")).toBeUndefined();
    expect(events).toEqual([]);
  });

  it("drops nothing that the store can honour, or that is simulated", async () => {
    const events: StorageEvent[] = [];
    for (const [inner, simulate] of [
      [new MemoryStore(), []],
      [limited(BARE), ["metadata"]],
    ] as const) {
      const store = withFeatures(inner, { loose: true, simulate, observer: (event) => events.push(event) });
      await store.write("a", "x", ATTRIBUTES);
      expect(await store.stat("a")).toMatchObject(ATTRIBUTES);
    }
    expect(events).toEqual([]);
  });

  it("still says that the store keeps no metadata", () => {
    expect(loose({ loose: true }).store.capability).toMatchObject({ metadata: false, contentType: false });
  });
});

describe("withFeatures over a store that routes", () => {
  it("goes by what the store of an absolute path can do, not by the primary", async () => {
    const poorPrimary = new RoutingStore({ primary: limited(BARE), schemes: { mem: () => new MemoryStore() } });
    await withFeatures(poorPrimary).write("mem://c/strict", "x", { ...ATTRIBUTES, ifNoneMatch: "*" });
    expect(await poorPrimary.stat("mem://c/strict")).toMatchObject(ATTRIBUTES);
    await withFeatures(poorPrimary, { loose: true }).write("mem://c/loose", "x", ATTRIBUTES);
    expect(await poorPrimary.stat("mem://c/loose")).toMatchObject(ATTRIBUTES);
    const part = await withFeatures(poorPrimary).read("mem://c/loose", { offset: 1, length: 3 });
    expect(await part.bytes()).toEqual(new Uint8Array());

    const events: StorageEvent[] = [];
    const richPrimary = new RoutingStore({ primary: new MemoryStore(), schemes: { bare: () => limited(BARE) } });
    const loose = withFeatures(richPrimary, { loose: true, observer: (event) => events.push(event) });
    expect((await loose.write("bare://c/a", "x", ATTRIBUTES)).size).toBe(1);
    expect(events.map(({ option }) => option)).toEqual(["metadata", "contentType"]);
    const error = await failureOf(loose.write("bare://c/a", "x", { ...ATTRIBUTES, ifMatch: '"1"' }));
    expect(error).toMatchObject({ code: "UNSUPPORTED", operation: "write", path: "bare://c/a" });
  });

  it("fails as the call where the store can't be opened, and says first what is wrong with the arguments", async () => {
    const open = jest.fn(() => Promise.reject(new StorageError("UNAVAILABLE", "Down.")));
    const store = withFeatures(new RoutingStore({ primary: new MemoryStore(), schemes: { mem: open } }));
    const invalid = await failureOf(store.write("mem://c/a", "x", { metadata: { "no key": "" } }));
    expect([invalid.code, open.mock.calls.length]).toEqual(["CONFIG_INVALID", 0]);
    expect(await failureOf(store.write("mem://c/a", "x", ATTRIBUTES))).toMatchObject({
      code: "UNAVAILABLE",
      operation: "write",
      path: "mem://c/a",
    });
  });

  it("does not emulate a copy that nobody asked it to", async () => {
    const router = new RoutingStore({ primary: limited(BARE), schemes: { mem: new MemoryStore() } });
    await router.write("mem://c/a", "x", ATTRIBUTES);
    expect(await withFeatures(router).copy("mem://c/a", "mem://c/b")).toMatchObject(ATTRIBUTES);
  });
});

describe("withFeatures: capability and options", () => {
  it("tells what is effective, frozen", () => {
    const inner = limited(BARE);
    const { capability } = withFeatures(inner, { simulate: ["metadata", "copy", "if-absent"] });
    expect(capability).toEqual({
      ...inner.capability,
      metadata: true,
      contentType: true,
      copy: true,
      ifNoneMatch: true,
    });
    expect(Object.isFrozen(capability)).toBe(true);
    expect(withFeatures(inner).capability).toEqual(inner.capability);
    const without = withFeatures(limited([...BARE, "read"]), { simulate: ["metadata", "copy", "if-absent"] });
    expect(without.capability).toMatchObject({ metadata: false, copy: false, ifNoneMatch: true });
  });

  it("is fixed at construction", async () => {
    const loose: ["write"] | [] = [];
    const simulate: "copy"[] = [];
    const options = { loose, simulate };
    const store = withFeatures(limited(BARE), options);
    (loose as string[]).push("write");
    simulate.push("copy");
    Object.assign(options, { loose: true, simulate: ["metadata"] });
    expect(store.capability.copy).toBe(false);
    expect((await failureOf(store.write("a", "x", ATTRIBUTES))).code).toBe("UNSUPPORTED");
    expect((await failureOf(store.copy("a", "b"))).code).toBe("UNSUPPORTED");
  });

  it.each([
    [{ loose: "yes" }, "loose"],
    [{ loose: ["put"] }, "loose"],
    [{ simulate: ["magic"] }, "simulate.0"],
    [{ simulate: true }, "simulate"],
    [{ observer: {} }, "observer"],
    [{ stric: true }, "options"],
  ])("refuses %j", (options, field) => {
    const make = () => withFeatures(new MemoryStore(), options as FeatureOptions);
    expect(make).toThrow(StorageError);
    expect(make).toThrow(field);
  });

  it("refuses what is no store", () => {
    expect(() => withFeatures(undefined as unknown as Store)).toThrow("The store of withFeatures must be a Store");
    const blank = { capability: null, write: jest.fn(), close: jest.fn() };
    expect(() => withFeatures(blank as unknown as Store)).toThrow("The store of withFeatures must be a Store");
  });

  it("asks the store for nothing more than it must", async () => {
    const recording = new RecordingStore(new MemoryStore());
    const store = withFeatures(recording, { simulate: ["copy", "if-absent"] });
    await store.write("a", "x", { ifNoneMatch: "*" });
    await store.copy("a", "b");
    await (await store.read("b")).bytes();
    await store.delete("a");
    expect(recording.calls.map(({ operation }) => operation)).toEqual(["write", "copy", "read", "chunk", "delete"]);
  });
});
