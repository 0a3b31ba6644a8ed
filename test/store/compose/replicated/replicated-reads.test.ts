import type { ReplicaErrors } from "../../../../src/store/compose/replicas/replica-errors.js";
import { ReplicatedStore } from "../../../../src/store/compose/replicated/replicated-store.js";
import type { ReplicatedStoreOptions } from "../../../../src/store/compose/replicated/options.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import { failureOf } from "../../../support/failure.js";
import { turn } from "../../../support/turn.js";
import { pathsOf, textOf } from "../../drivers/file/file-roots.js";
import { putAll } from "../copy-store.js";
import { hold, replicated } from "./replicated-fixture.js";

describe("ReplicatedStore reads", () => {
  it("from the first store that has the object whole", async () => {
    const { a, b, c, store } = replicated();
    await store.write("x", "content");
    await a.disk.delete("x");
    b.body = { fault: "flip", at: 2 };
    expect(await textOf(store, "x")).toBe("content");
    c.fails = "UNAVAILABLE";
    const error = await failureOf(store.read("x"));
    expect(error.code).toBe("UNAVAILABLE");
    expect((error.cause as ReplicaErrors).replicas).toEqual({ a: "NOT_FOUND", b: "INTEGRITY", c: "UNAVAILABLE" });
    expect([a.open, b.open, c.open]).toEqual([0, 0, 0]);
  });

  it.each(["quorum", "first"] as const)(
    "never an older version than the one it has acknowledged (%s)",
    async (acknowledge) => {
      const { a, b, c, store } = replicated({ acknowledge });
      await store.write("x", "old");
      await turn();
      const letGo = hold(a);
      await store.write("x", "newer");
      await turn();
      expect(await textOf(store, "x")).toBe("newer");
      expect((await store.stat("x"))?.size).toBe(5);
      b.fails = c.fails = "UNAVAILABLE";
      // Only the old version can be reached: that is no answer.
      const error = await failureOf(store.read("x"));
      expect((error.cause as ReplicaErrors).replicas).toEqual({ a: "UNAVAILABLE", b: "UNAVAILABLE", c: "UNAVAILABLE" });
      letGo();
      await turn();
      expect(await textOf(store, "x")).toBe("newer");
    },
  );

  it("never an older version, also if a delete from before ends after the write", async () => {
    const { a, store } = replicated({ acknowledge: "first" });
    const waiting: (() => void)[] = [];
    a.before = (operation) =>
      ["delete", "write"].includes(operation) ? new Promise<void>((resolve) => waiting.push(resolve)) : undefined;
    const deleting = store.delete("x");
    await store.write("x", "old");
    await store.write("x", "new");
    await turn();
    waiting.shift()!(); // the delete
    await deleting;
    await turn();
    waiting.shift()!(); // the first write
    await turn();
    expect(await textOf(store, "x")).toBe("new");
    waiting.shift()!();
    await store.close();
  });

  it("from a store that has missed a write but not the next one, whichever is acknowledged first", async () => {
    const { a, b, c, store } = replicated({ acknowledge: "quorum" });
    b.failsAt = { write: "UNAVAILABLE" };
    const letGo = hold(c);
    const first = store.write("x", "1");
    await turn();
    b.failsAt = {};
    await store.write("x", "2"); // by a and b, while c still has the first one to take
    letGo();
    await first;
    await turn();
    a.fails = c.fails = "UNAVAILABLE";
    expect(await textOf(store, "x")).toBe("2");
  });

  it("from a store again that has missed a write, once it has taken a later one", async () => {
    const { a, b, c, store } = replicated({ acknowledge: "quorum" });
    a.fails = "UNAVAILABLE";
    await store.write("x", "1");
    await store.write("y", "1");
    await turn();
    a.fails = undefined;
    await store.write("x", "2");
    await store.repair("y");
    await turn();
    b.fails = c.fails = "UNAVAILABLE";
    expect([await textOf(store, "x"), await textOf(store, "y")]).toEqual(["2", "1"]);
  });
});

describe("ReplicatedStore deletes, lists and copies", () => {
  it("deletes from every store, whatever is enough to write: what stays would come back", async () => {
    for (const acknowledge of ["all", "quorum", "first"] as const) {
      const { b, store, held } = replicated({ acknowledge });
      await store.write("x", "content");
      await turn();
      b.fails = "TIMEOUT";
      const error = await failureOf(store.delete("x"));
      expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true, operation: "delete", path: "x" });
      expect((error.cause as ReplicaErrors).replicas).toEqual({ b: "TIMEOUT" });
      b.fails = undefined;
      await store.delete("x");
      expect(await held()).toEqual([undefined, undefined, undefined]);
    }
  });

  it("lists what a delete has left behind, so that it is found and deleted again", async () => {
    const { a, store, held } = replicated({ acknowledge: "quorum" });
    await store.write("x", "old");
    await turn();
    a.failsAt = { write: "UNAVAILABLE", delete: "UNAVAILABLE" };
    await store.write("x", "newer");
    await expect(store.delete("x")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(await held()).toEqual(["old", undefined, undefined]);
    expect(await pathsOf(store)).toEqual(["x"]);
    await expect(store.read("x")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    a.failsAt = {};
    await store.delete("x");
    expect(await pathsOf(store)).toEqual([]);
  });

  it("describes what it lists as it was acknowledged last", async () => {
    const { a, store } = replicated({ acknowledge: "quorum" });
    await store.write("x", "old");
    await turn();
    a.failsAt = { write: "UNAVAILABLE" };
    await store.write("x", "newer");
    await turn();
    for await (const { size } of store.list("")) expect(size).toBe(5);
  });

  it("lists what any store holds, and fails when one can't be listed", async () => {
    const { b, copies, store } = replicated();
    await putAll([copies.a], "1", "content");
    await putAll([copies.c], "2", "content");
    expect(await pathsOf(store)).toEqual(["1", "2"]);
    b.fails = "UNAVAILABLE";
    expect(await failureOf(pathsOf(store))).toMatchObject({ code: "UNAVAILABLE", operation: "list" });
  });

  it("copies one version to every store, with its attributes, wherever it is", async () => {
    const { a, b, c, store } = replicated();
    await store.write("from", "content", { contentType: "text/csv", metadata: { owner: "me" } });
    await b.disk.delete("from");
    const info = await store.copy("from", "to");
    expect(info).toMatchObject({ path: "to", size: 7, replicas: { a: "written", b: "written", c: "written" } });
    for (const { disk } of [a, b, c]) {
      expect(await textOf(disk, "to")).toBe("content");
      expect(await disk.stat("to")).toMatchObject({ contentType: "text/csv", metadata: { owner: "me" } });
    }
    expect(await failureOf(store.copy("none", "to"))).toMatchObject({ code: "NOT_FOUND", operation: "copy" });
    b.fails = "UNAVAILABLE";
    const error = await failureOf(store.copy("from", "to"));
    expect(error).toMatchObject({ code: "UNAVAILABLE", operation: "copy", path: "to" });
    expect((error.cause as ReplicaErrors).replicas).toEqual({ a: "written", b: "UNAVAILABLE", c: "written" });
  });

  it("copies no old version from a store that has missed the last write", async () => {
    const { a, store } = replicated({ acknowledge: "quorum" });
    await store.write("from", "old");
    await turn();
    a.failsAt = { write: "UNAVAILABLE" };
    await store.write("from", "new");
    await turn();
    a.failsAt = {};
    await store.copy("from", "to");
    await store.close();
    expect(await textOf(a.disk, "to")).toBe("new");
  });

  it("advertises neither conditions nor URLs, since they would hold in one store only", () => {
    const { capability } = replicated({ stores: { a: new MemoryStore(), b: new MemoryStore() } }).store;
    expect(capability).toMatchObject({ ifNoneMatch: false, ifMatch: false, deleteIfMatch: false, presign: false });
    expect(new ReplicatedStore({ stores: { a: new MemoryStore() } }).capability.ifNoneMatch).toBe(true);
  });

  it.each([
    ["acknowledge", { acknowledge: "most" }],
    ["stores", { stores: {} }],
    ["locator", { locator: () => Promise.resolve([]) }],
  ])("names the option %s that is wrong", (name, wrong) => {
    const options = { stores: { a: new MemoryStore() }, ...wrong } as ReplicatedStoreOptions;
    const message = expect.stringContaining(name) as string;
    const expected = expect.objectContaining({ code: "CONFIG_INVALID", message }) as Error;
    expect(() => new ReplicatedStore(options)).toThrow(expected);
  });
});
