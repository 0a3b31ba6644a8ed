import { StorageError } from "../../../../src/errors/error.js";
import { TieredStore } from "../../../../src/store/layers/tiered/tiered-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import type { Store } from "../../../../src/store/store.js";
import { FakeClock } from "../../../../src/testing/index.js";
import { failureOf } from "../../../support/failure.js";
import { HeldStore, type HeldCall } from "../../../support/held-store.js";
import { TappedStore, type TappedOperation } from "../../../support/tapped-store.js";
import { turn } from "../../../support/turn.js";
import { textOf } from "./tiered-fixture.js";

const DOWN = new StorageError("UNAVAILABLE", "The remote is down.", { store: "tapped" });

/** Bodies that are read at once: they come before what happens while their first chunk is held. */
function heldBodies(inner: Store = new MemoryStore()): HeldStore {
  return new HeldStore(["chunk"], inner);
}

/** Lets go of all that is held until a call is done. */
async function releasing<T>(remote: HeldStore, call: Promise<T>): Promise<T> {
  let done = false;
  const ended = call.finally(() => {
    done = true;
  });
  let next = 0;
  while (!done) {
    await turn();
    for (; next < remote.held.length; next++) remote.held[next]!.release();
  }
  return ended;
}

/** What changes the object at "a" by this store, and what is read there afterwards: a text or an error code. */
const CHANGES: [string, (store: Store) => Promise<unknown>, string][] = [
  ["delete", (store) => store.delete("a"), "NOT_FOUND"],
  ["overwrite", (store) => store.write("a", "new"), "new"],
  ["overwrite too large to be kept", (store) => store.write("a", "n".repeat(2000)), "n".repeat(2000)],
  ["copy onto it", (store) => store.copy("b", "a"), "source"],
];

async function answerOf(store: Store): Promise<string> {
  return textOf(store, "a").catch((error: unknown) => (error as StorageError).code);
}

describe("a load of a TieredStore that is under way when the object changes", () => {
  it.each(CHANGES)("never puts back what it read before the %s: it ends later", async (_, change, expected) => {
    const remote = heldBodies();
    await remote.inner.write("a", "old");
    await remote.inner.write("b", "source");
    const store = new TieredStore({ remote, maxObjectSize: 1000 });
    const early = textOf(store, "a");
    await remote.until(1); // the remote has answered: the body is the old one
    await change(store);
    // Nor does who asks now get what the load brings.
    const late = answerOf(store);
    expect(await releasing(remote, Promise.all([early, late]))).toEqual(["old", expected]);
    expect(await releasing(remote, answerOf(store))).toBe(expected);
  });

  it.each(CHANGES)("never puts back what it read during the %s: it ends first", async (operation, change, expected) => {
    const held = new HeldStore([operation.split(" ")[0]!.replace("over", "") as TappedOperation]);
    await held.inner.write("a", "old");
    await held.inner.write("b", "source");
    const store = new TieredStore({ remote: held, maxObjectSize: 1000 });
    const changing = change(store);
    await held.until(1);
    expect(await answerOf(store)).toBe("old");
    held.held[0]!.release();
    await changing;
    expect(await answerOf(store)).toBe(expected);
  });

  it("never puts back what a change undoes that was acknowledged to nobody", async () => {
    // The delete happens, its answer is lost.
    const remote = new TappedStore(async (call, proceed) => {
      const result = await proceed();
      if (call.operation === "delete") throw DOWN;
      return result;
    });
    const store = new TieredStore({ remote });
    await store.write("a", "old");
    expect((await failureOf(store.delete("a"))).code).toBe("UNAVAILABLE");
    expect(await answerOf(store)).toBe("NOT_FOUND");
  });

  it.each(["fails", "is given up"])("keeps nothing of what a delete that %s may yet remove", async (how) => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const arriving: HeldCall[] = [];
    // Gives up as its signal or the test says; the request is still on its way.
    const remote: TappedStore = new TappedStore((call, proceed) => {
      if (call.operation !== "delete") return proceed();
      return new Promise((_, reject) => {
        arriving.push({ ...call, release: () => void remote.inner.delete(call.path), fail: reject });
        call.options.signal?.addEventListener("abort", () =>
          reject(new StorageError("ABORTED", "Given up.", { cause: call.options.signal?.reason })),
        );
      });
    });
    const store = new TieredStore({ remote, clock });
    await store.write("a", "old");
    const failure = failureOf(store.delete("a", { signal: controller.signal }));
    if (how === "fails") arriving[0]!.fail(DOWN);
    else controller.abort();
    expect((await failure).code).toBe(how === "fails" ? "UNAVAILABLE" : "ABORTED");
    expect(await answerOf(store)).toBe("old");
    arriving[0]!.release();
    await turn();
    expect(await answerOf(store)).toBe("NOT_FOUND");

    // After a minute it is not waited for any more.
    await remote.inner.write("a", "again");
    await clock.advance(59_999);
    await answerOf(store);
    expect(store.stats().objects).toBe(0);
    await clock.advance(1);
    await answerOf(store);
    expect(store.stats().objects).toBe(1);
  });

  it("keeps on keeping what a remote has refused to change", async () => {
    const store = new TieredStore({ remote: new MemoryStore() });
    await store.write("a", "old");
    expect((await failureOf(store.delete("a", { ifMatch: '"other"' }))).code).toBe("PRECONDITION_FAILED");
    expect(await answerOf(store)).toBe("old");
    expect(store.stats().objects).toBe(1);
  });

  it("is not held up by objects of other names", async () => {
    const remote = heldBodies();
    await remote.inner.write("a", "old");
    const store = new TieredStore({ remote });
    const read = textOf(store, "a");
    await remote.until(1);
    await store.delete("b");
    expect(await releasing(remote, read)).toBe("old");
    expect(store.stats().objects).toBe(1);
  });

  it("does not outlive the remote's word that the object is gone", async () => {
    const remote = heldBodies();
    await remote.inner.write("a", "old");
    const store = new TieredStore({ remote });
    const read = textOf(store, "a");
    await remote.until(1);
    await remote.inner.delete("a"); // by somebody else
    expect(await store.stat("a")).toBeUndefined();
    expect(await releasing(remote, read)).toBe("old");
    expect(await answerOf(store)).toBe("NOT_FOUND");
  });
});

describe("changes of a TieredStore that overlap", () => {
  it("keep nothing, since nobody knows which came last", async () => {
    const remote = new HeldStore(["write"]);
    const store = new TieredStore({ remote });
    const writes = [store.write("a", "first"), store.write("a", "second")];
    await remote.until(2);
    remote.held[1]!.release();
    await writes[1];
    expect(store.stats().objects).toBe(0);
    remote.held[0]!.release(); // comes last
    await writes[0];
    expect(store.stats().objects).toBe(0);
    expect(await answerOf(store)).toBe("first");
    expect(store.stats().objects).toBe(1);
  });

  it("a write that a delete overlaps leaves no copy of what was deleted", async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const remote = new HeldStore(["write", "delete"]);
      const store = new TieredStore({ remote });
      const calls = [store.write("a", "written"), store.delete("a")];
      await remote.until(2);
      for (const i of order) {
        remote.held[i]!.release();
        await calls[i];
      }
      expect(await answerOf(store)).toBe(order[1] === 1 ? "NOT_FOUND" : "written");
    }
  });

  it("a check that a change overlaps neither renews the copy nor is joined", async () => {
    const remote = new HeldStore(["stat"]);
    const store = new TieredStore({ remote, validate: "always" });
    await store.write("a", "old");
    const early = answerOf(store);
    await remote.until(1);
    await store.write("a", "new");
    const late = answerOf(store);
    await remote.until(2);
    remote.held[1]!.release();
    expect(await late).toBe("new");
    remote.held[0]!.release();
    expect(await early).toBe("new");
  });

  it("a stat from before a write says nothing of the copy that the write left", async () => {
    for (const old of ["old", undefined]) {
      let answer: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (answer = resolve));
      let reads = 0;
      const remote = new TappedStore(async (call, proceed) => {
        if (call.operation === "read") reads++;
        const result = await proceed();
        if (call.operation === "stat") await held;
        return result;
      });
      if (old !== undefined) await remote.inner.write("a", old);
      const store = new TieredStore({ remote });
      const early = store.stat("a");
      await turn();
      await store.write("a", "new");
      answer();
      expect((await early)?.size).toBe(old?.length);
      expect(await answerOf(store)).toBe("new");
      expect(reads).toBe(0);
    }
  });
});

describe("one object by several names", () => {
  /** Takes `any://container/path` for `path`, as a store that routes unknown schemes to its primary does. */
  class AliasStore extends MemoryStore {
    routes(): boolean {
      return true;
    }
    override read(path: string) {
      return super.read(this.plain(path));
    }
    override delete(path: string) {
      return super.delete(this.plain(path));
    }
    private plain(path: string): string {
      return path.includes("://") ? decodeURIComponent(path.replace(/^\w+:\/\/\w+\//, "")) : path;
    }
  }

  it("is forgotten by all of them", async () => {
    const store = new TieredStore({ remote: new AliasStore() });
    for (const [read, removed] of [
      ["a/b c", "x://box/a/b%20c"],
      ["x://box/a/b%20c", "a/b c"],
      ["x://box/a/b%20c", "y://bin/a/b c"],
    ] as const) {
      await store.write("a/b c", "content");
      await textOf(store, read);
      await store.delete(removed);
      expect((await failureOf(store.read("a/b c"))).code).toBe("NOT_FOUND");
    }
  });

  it("does not mix up two objects of one path in two containers", async () => {
    class TwoContainers extends MemoryStore {
      routes(): boolean {
        return true;
      }
      override async read(path: string) {
        const result = await super.read(path.replace("://", "-"));
        result.info.path = path;
        return result;
      }
    }
    const remote = new TwoContainers();
    await remote.write("x-one/a", "in one");
    await remote.write("x-two/a", "in two");
    const store = new TieredStore({ remote });
    for (let i = 0; i < 3; i++) {
      const both = [textOf(store, "x://one/a"), textOf(store, "x://two/a")];
      expect(await Promise.all(both)).toEqual(["in one", "in two"]);
    }
  });
});
