import { StorageError, type StorageErrorCode } from "../../../../src/errors/error.js";
import type { TieredStoreOptions } from "../../../../src/store/layers/tiered/options.js";
import { TieredStore } from "../../../../src/store/layers/tiered/tiered-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import type { ObjectInfo, ReadOptions, ReadResult } from "../../../../src/store/store.js";
import { FakeClock } from "../../../../src/testing/index.js";
import { failureOf } from "../../../support/failure.js";
import { HeldStore } from "../../../support/held-store.js";
import { TappedStore, type TappedOperation } from "../../../support/tapped-store.js";
import { textOf, tiered } from "./tiered-fixture.js";

describe("when a TieredStore checks its copies", () => {
  it("never, immutable: what others do is not seen", async () => {
    const { store, remote, clock, asked } = tiered();
    await store.write("a", "old");
    await remote.inner.write("a", "new");
    await clock.advance(1e12);
    expect(await textOf(store, "a")).toBe("old");
    expect(asked()).toEqual(["write a"]);
  });

  it("never, immutable, until a stat has shown another version", async () => {
    const { store, remote, asked, told } = tiered();
    await store.write("a", "old");
    await remote.inner.write("a", "new");
    await store.stat("a");
    expect(await textOf(store, "a")).toBe("new");
    expect(await textOf(store, "a")).toBe("new");
    expect(asked()).toEqual(["write a", "stat a", "stat a", "read a"]);
    expect(told()).toEqual(["cache_miss", "cache_hit"]);
  });

  it.each([{ validate: "maxAge" }, { validate: "immutable" }] as const)(
    "when they are as old as the ttl, $validate",
    async (mode) => {
      const { store, remote, clock, asked, told } = tiered({ ...mode, ttl: 1000 });
      await store.write("a", "old", { metadata: { owner: "kit" } });
      await clock.advance(999);
      expect(await textOf(store, "a")).toBe("old");
      expect(asked()).toEqual(["write a"]);
      await clock.advance(1);
      expect(await textOf(store, "a")).toBe("old");
      expect(asked()).toEqual(["stat a"]); // unchanged: good for another second
      await clock.advance(999);
      expect(await textOf(store, "a")).toBe("old");
      expect(asked()).toEqual([]);
      await clock.advance(1);
      await remote.inner.write("a", "new");
      expect(await textOf(store, "a")).toBe("new");
      expect(asked()).toEqual(["stat a", "read a"]);
      await clock.advance(1000);
      await remote.inner.delete("a");
      const error = await failureOf(store.read("a"));
      expect(error).toMatchObject({ code: "NOT_FOUND", operation: "read", path: "a", store: "tapped" });
      expect((await failureOf(store.read("a"))).code).toBe("NOT_FOUND");
      expect(asked()).toEqual(["stat a", "read a"]);
      expect(told()).toEqual(["cache_hit", "cache_hit", "cache_hit", "cache_miss", "cache_miss"]);
    },
  );

  it("at every read, always", async () => {
    const { store, remote, asked } = tiered({ validate: "always" });
    await store.write("a", "old");
    expect(await textOf(store, "a")).toBe("old");
    expect(await textOf(store, "a", { offset: 1 })).toBe("ld");
    expect(asked()).toEqual(["write a", "stat a", "stat a"]);
    await remote.inner.write("a", "new");
    // A range of another version is read as a range.
    expect(await textOf(store, "a", { offset: 1 })).toBe("ew");
    expect(await textOf(store, "a")).toBe("new");
    expect(await textOf(store, "a")).toBe("new");
    expect(asked()).toEqual(["stat a", "read a", "stat a", "read a", "stat a"]);
    await remote.inner.delete("a");
    expect((await failureOf(store.read("a"))).code).toBe("NOT_FOUND");
  });

  it("takes the description from the check", async () => {
    class RelabellingStore extends MemoryStore {
      override async stat(path: string): Promise<ObjectInfo | undefined> {
        return { ...(await super.stat(path))!, contentType: "text/new" };
      }
    }
    const { store } = tiered({ validate: "always" }, new RelabellingStore());
    await store.write("a", "content", { contentType: "text/old" });
    const { info } = await store.read("a");
    expect(info.contentType).toBe("text/new");
  });

  it("counts age from when the remote was asked, not from when it answered", async () => {
    const remote = new HeldStore(["read"]);
    await remote.inner.write("a", "old");
    const clock = new FakeClock();
    const store = new TieredStore({ remote, clock, validate: "maxAge", ttl: 1000 });
    const read = textOf(store, "a");
    await clock.advance(600);
    remote.held[0]!.release();
    await read;
    await remote.inner.write("a", "new");
    await clock.advance(400);
    const later = textOf(store, "a");
    await remote.until(2);
    remote.held[1]!.release();
    expect(await later).toBe("new");
  });

  it("when the clock was set back", async () => {
    let now = 1_000_000;
    const clock = Object.assign(new FakeClock(), { now: () => now });
    const { store, asked } = tiered({ validate: "maxAge", ttl: 1000, clock });
    await store.write("a", "content");
    now -= 1;
    await textOf(store, "a");
    expect(asked()).toEqual(["write a", "stat a"]);
  });

  class NoEtagStore extends MemoryStore {
    override async stat(path: string): Promise<ObjectInfo | undefined> {
      const info = await super.stat(path);
      delete info!.etag;
      return info;
    }
    override async read(path: string, options?: ReadOptions): Promise<ReadResult> {
      const result = await super.read(path, options);
      delete result.info.etag;
      return result;
    }
  }

  it("takes an object without etag for changed, though size and time are the same", async () => {
    const { store, asked } = tiered({ validate: "always" }, new NoEtagStore());
    await store.write("a", "content");
    asked();
    for (let i = 0; i < 2; i++) expect(await textOf(store, "a")).toBe("content");
    expect(asked()).toEqual(["stat a", "read a", "stat a", "read a"]);
  });

  it("drops the copy that an object too large to be kept replaces", async () => {
    const { store, remote } = tiered({ validate: "always", maxObjectSize: 10 });
    await store.write("a", "small");
    await remote.inner.write("a", "much too large");
    expect(await textOf(store, "a")).toBe("much too large");
    expect(store.stats().objects).toBe(0);
  });
});

describe("a TieredStore whose remote fails", () => {
  /** A remote that fails with this code, in these operations. */
  function failing(options: Partial<TieredStoreOptions>, operations: TappedOperation[] = ["stat", "read"]) {
    const state: { code?: StorageErrorCode } = {};
    const remote = new TappedStore((call, proceed) => {
      const { operation, path } = call;
      if (state.code === undefined || !operations.includes(operation)) return proceed();
      return Promise.reject(new StorageError(state.code, "The remote fails.", { operation, path, store: "tapped" }));
    });
    return { ...tiered({ ...options, remote }), remote, state };
  }

  const PASSING: StorageErrorCode[] = ["UNAVAILABLE", "TIMEOUT", "THROTTLED"];

  it.each(PASSING)("serves the copy that it can't check, %s, if told so, and tells", async (code) => {
    const { store, state, events, remote } = failing({ validate: "always", staleIfError: true });
    await store.write("a", "0123456789");
    await remote.inner.write("a", "new");
    state.code = code;
    expect(await textOf(store, "a")).toBe("0123456789");
    expect(await textOf(store, "a", { offset: 2, length: 3 })).toBe("234");
    expect(events).toMatchObject([
      { operation: "cache_stale", outcome: "error", code, during: "read", bytes: 10 },
      { operation: "cache_stale", outcome: "error", code, during: "read", bytes: 3 },
    ]);
    expect(store.stats()).toMatchObject({ stale: 2, hits: 0, misses: 0 });
    delete state.code;
    expect(await textOf(store, "a")).toBe("new");
  });

  it("serves the copy that it can't replace, if told so", async () => {
    const { store, state, remote, told } = failing({ validate: "always", staleIfError: true }, ["read"]);
    await store.write("a", "old");
    await remote.inner.write("a", "new");
    state.code = "UNAVAILABLE";
    for (let i = 0; i < 2; i++) expect(await textOf(store, "a")).toBe("old");
    expect(await textOf(store, "a", { offset: 1 })).toBe("ld");
    expect(told().filter((event) => event === "cache_stale")).toHaveLength(3);
    delete state.code;
    expect(await textOf(store, "a")).toBe("new");
  });

  it.each(PASSING)("fails with %s unless told otherwise", async (code) => {
    const { store, state } = failing({ validate: "maxAge", ttl: 0 });
    await store.write("a", "content");
    state.code = code;
    expect(await failureOf(store.read("a"))).toMatchObject({ code, operation: "read", path: "a" });
  });

  it.each(["NOT_FOUND", "PERMISSION_DENIED", "CONTAINER_NOT_FOUND", "INTEGRITY", "UNEXPECTED", "ABORTED"] as const)(
    "never serves a copy in the place of %s",
    async (code) => {
      const { store, state, told } = failing({ validate: "always", staleIfError: true });
      await store.write("a", "content");
      state.code = code;
      // Nobody aborted: a store of the user's own that says so all the same is odd.
      const heard = code === "ABORTED" ? "UNEXPECTED" : code;
      expect(await failureOf(store.read("a"))).toMatchObject({ code: heard, operation: "read", path: "a" });
      expect(told()).toEqual([]);
    },
  );

  it("never serves a copy of what is gone", async () => {
    const { store, remote } = failing({ validate: "always", staleIfError: true });
    await store.write("a", "content");
    await remote.inner.delete("a");
    expect((await failureOf(store.read("a"))).code).toBe("NOT_FOUND");
  });

  it.each([new Error("enough"), new StorageError("TIMEOUT", "The call took too long.")])(
    "never serves a copy to a caller who has given up: %s",
    async (reason) => {
      const remote = new HeldStore(["stat"]);
      const store = new TieredStore({ remote, validate: "always", staleIfError: true });
      await store.write("a", "content");
      const controller = new AbortController();
      const read = failureOf(store.read("a", { signal: controller.signal }));
      controller.abort(reason);
      expect((await read).code).toBe(reason instanceof StorageError ? "TIMEOUT" : "ABORTED");
    },
  );

  it("serves no copy of what it has deleted, whether or not that was acknowledged", async () => {
    const { store, state } = failing({ validate: "always", staleIfError: true }, ["stat", "read", "delete"]);
    await store.write("a", "content");
    state.code = "UNAVAILABLE";
    await failureOf(store.delete("a"));
    expect((await failureOf(store.read("a"))).code).toBe("UNAVAILABLE");
  });

  it.each([
    [{ validate: "always" }, 500],
    [{ validate: "maxAge", ttl: 1000 }, 1500],
  ] as const)("serves a copy for no longer than maxStale past its time: %o", async (mode, last) => {
    const { store, state, clock } = failing({ ...mode, staleIfError: true, maxStale: 500 });
    await store.write("a", "content");
    state.code = "UNAVAILABLE";
    await clock.advance(last);
    expect(await textOf(store, "a")).toBe("content");
    await clock.advance(1);
    expect((await failureOf(store.read("a"))).code).toBe("UNAVAILABLE");
  });

  it("does not ask, and so does not fail, while copies are good", async () => {
    const { store, state } = failing({});
    await store.write("a", "content");
    state.code = "UNAVAILABLE";
    expect(await textOf(store, "a")).toBe("content");
    expect((await failureOf(store.stat("a"))).code).toBe("UNAVAILABLE");
  });
});
