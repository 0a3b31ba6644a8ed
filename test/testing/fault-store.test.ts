import type { StorageErrorCode } from "../../src/errors/error.js";
import { sha256Digest } from "../../src/bytes/digest.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { streamResult } from "../../src/store/read-result.js";
import type { ReadResult, Store, StoreBody } from "../../src/store/store.js";
import {
  FaultStore,
  storeConformance,
  type Fault,
  type FaultOperation,
  type FaultRule,
} from "../../src/testing/index.js";
import { failureOf } from "../support/failure.js";
import { RecordingStore } from "../support/recording-store.js";
import { bodyText, chunks, pathsOf } from "./fault-calls.js";

class SigningStore extends MemoryStore {
  override readonly capability = Object.freeze({ ...new MemoryStore().capability, presign: true });
  closed = 0;

  override presign(path: string): Promise<string> {
    return Promise.resolve(`https://example.org/${path}`);
  }

  override close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

/** Counts the bodies that nobody has finished with. */
class OpenBodies extends MemoryStore {
  open = 0;

  override async read(path: string): Promise<ReadResult> {
    const { info } = await super.read(path);
    this.open++;
    const body = async function* (this: OpenBodies): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for (const text of ["012", "345", "6789"]) yield await Promise.resolve(Buffer.from(text));
      } finally {
        this.open--;
      }
    };
    return streamResult(info, body.call(this), () => {
      this.open--;
    });
  }
}

/** Each verb on an object that is there. */
const CALLS: Record<FaultOperation, (store: Store) => Promise<unknown>> = {
  write: (store) => store.write("a", "new"),
  read: async (store) => (await store.read("a")).bytes(),
  stat: (store) => store.stat("a"),
  delete: (store) => store.delete("a"),
  list: (store) => pathsOf(store),
  copy: (store) => store.copy("a", "b"),
  presign: (store) => store.presign("a", { method: "GET", expiresIn: 60 }),
  close: (store) => store.close(),
};
const OPERATIONS = Object.keys(CALLS) as FaultOperation[];

/** Whether the verb has had its effect. */
const EFFECTS: Partial<Record<FaultOperation, (inner: SigningStore) => Promise<boolean>>> = {
  write: async (inner) => (await bodyText(inner, "a")) === "new",
  delete: async (inner) => (await inner.stat("a")) === undefined,
  copy: async (inner) => (await inner.stat("b")) !== undefined,
  close: (inner) => Promise.resolve(inner.closed > 0),
};

async function struck(...faults: FaultRule[]): Promise<{ inner: SigningStore; store: FaultStore }> {
  const inner = new SigningStore();
  await inner.write("a", "0123456789");
  return { inner, store: new FaultStore(inner, { seed: 1, faults }) };
}

storeConformance(
  { describe, it },
  {
    name: "FaultStore without faults",
    create: () => new FaultStore(new MemoryStore(), { faults: [] }),
    largeObjectSize: 200_000,
    settleTimeout: 500,
  },
);

describe("FaultStore: errors", () => {
  describe.each(OPERATIONS)("%s", (on) => {
    it.each(["before", "after"] as const)("fails %s its effect", async (when) => {
      const { inner, store } = await struck({ on, when, fault: { error: "THROTTLED" } });
      const error = await failureOf(CALLS[on](store));
      expect(error).toMatchObject({ code: "THROTTLED", retryable: true, operation: on, store: "memory" });
      expect(error.message).toContain("seed 1");
      const effect = EFFECTS[on];
      if (effect !== undefined) expect(await effect(inner)).toBe(when === "after");
      const path = on === "close" || on === "list" ? "" : "a";
      expect(store.injected).toEqual([{ kind: "error", operation: on, when, path, rule: 0 }]);
    });
  });

  it.each(["NOT_FOUND", "INSUFFICIENT_STORAGE", "UNEXPECTED"] as StorageErrorCode[])("tells %s", async (code) => {
    const { store } = await struck({ fault: { error: code } });
    expect((await failureOf(store.stat("a"))).code).toBe(code);
  });

  it.each(["write", "delete", "copy"] as const)("loses the acknowledgement of a %s", async (on) => {
    const { inner, store } = await struck({ on, fault: { lostAcknowledgement: true } });
    expect((await failureOf(CALLS[on](store))).code).toBe("UNAVAILABLE");
    expect(await EFFECTS[on]!(inner)).toBe(true);
    const timed = await struck({ on, fault: { lostAcknowledgement: "TIMEOUT" } });
    expect((await failureOf(CALLS[on](timed.store))).code).toBe("TIMEOUT");
    expect(store.injected[0]).toMatchObject({ kind: "lostAcknowledgement", when: "after" });
  });

  it("leaves the body unread when it fails before, and gives a read back when it fails after", async () => {
    const { store } = await struck({ on: "write", fault: { error: "UNAVAILABLE" } });
    let pulled = false;
    const body = (async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      pulled = true;
      yield await Promise.resolve(Buffer.from("x"));
    })();
    await failureOf(store.write("a", body));
    expect(pulled).toBe(false);

    const recording = new RecordingStore();
    await recording.write("a", "x");
    const late = new FaultStore(recording, { faults: [{ on: "read", when: "after", fault: { error: "TIMEOUT" } }] });
    await failureOf(late.read("a"));
    expect(recording.calls.map(({ operation }) => operation)).toEqual(["write", "read", "cancel"]);
  });

  it("breaks a streamed write off midway, and says what it injected", async () => {
    const { inner, store } = await struck({ on: "write", when: "during", fault: { error: "UNAVAILABLE" } });
    let closed = false;
    const body = (async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for (;;) yield await Promise.resolve(Buffer.from("chunk"));
      } finally {
        closed = true;
      }
    })();
    expect((await failureOf(store.write("a", body))).code).toBe("UNAVAILABLE");
    expect(closed).toBe(true);
    expect(await bodyText(inner, "a")).toBe("0123456789");
  });

  it("leaves the failure of a source as it is", async () => {
    const { store } = await struck({ on: "write", when: "during", fault: { flip: 0 } });
    const broken = new Error("broken");
    const body = (async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      yield await Promise.resolve(Buffer.from("x"));
      throw broken;
    })();
    expect(await failureOf(store.write("a", body))).toMatchObject({ code: "UNEXPECTED", cause: broken });
  });
});

describe("FaultStore: bodies", () => {
  it.each([
    [{ truncate: 4 }, "0123"],
    [{ truncate: 0 }, ""],
    [{ flip: 3 }, "0122456789"],
  ] as [Fault, string][])("%j of a read", async (fault, expected) => {
    const { inner, store } = await struck({ fault });
    expect(await bodyText(store, "a")).toBe(expected);
    expect(await bodyText(inner, "a")).toBe("0123456789");
    expect(store.injected).toHaveLength(1);
    expect((await store.read("a")).info.size).toBe(10);
  });

  it.each([[{ truncate: 10 }], [{ truncate: 99 }], [{ flip: 10 }]])(
    "%j strikes nothing in ten bytes",
    async (fault) => {
      const { store } = await struck({ fault });
      expect(await bodyText(store, "a")).toBe("0123456789");
      expect(store.injected).toEqual([]);
    },
  );

  it("counts a place from the beginning of the range that is read", async () => {
    const { store } = await struck({ fault: { truncate: 2 } });
    const result = await store.read("a", { offset: 5, length: 4 });
    expect(Buffer.from(await result.bytes()).toString()).toBe("56");
  });

  it("cuts and flips where the seed says, anywhere in the body", async () => {
    const inner = new MemoryStore();
    await inner.write("a", "0123456789");
    const seen = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const cut = new FaultStore(inner, { seed, faults: [{ fault: { truncate: true } }] });
      const flip = new FaultStore(inner, { seed, faults: [{ fault: { flip: true } }] });
      seen.add(await bodyText(cut, "a")).add(await bodyText(flip, "a"));
      expect([cut.injected.length, flip.injected.length]).toEqual([1, 1]);
    }
    expect(seen.size).toBe(20);
    expect(seen).not.toContain("0123456789");
  });

  it("breaks a body off with an error, after the bytes before it", async () => {
    const { store } = await struck({ fault: { truncate: 4, error: "TIMEOUT" } });
    const result = await store.read("a");
    let read = "";
    const reading = (async () => {
      for await (const chunk of result) read += Buffer.from(chunk).toString();
    })();
    expect(await failureOf(reading)).toMatchObject({ code: "TIMEOUT", operation: "read", path: "a" });
    expect(read).toBe("0123");
    expect((await failureOf((await store.read("a")).bytes())).code).toBe("TIMEOUT");
  });

  it("strikes one body several times, each at its place", async () => {
    const { store } = await struck({ fault: { truncate: 6 } }, { fault: { flip: 1 } }, { fault: { flip: 8 } });
    expect(await bodyText(store, "a")).toBe("002345");
    expect(store.injected.map(({ rule }) => rule)).toEqual([1, 0]);
  });

  it.each([
    ["whole", (): StoreBody => "0123456789"],
    ["streamed", (): StoreBody => chunks("012", "", "3456", "789")],
  ] as const)("spoils a %s body on its way into the store, which notices what was declared", async (_, body) => {
    for (const [fault, stored] of [
      [{ truncate: 5 }, "01234"],
      [{ flip: 5 }, "0123446789"],
    ] as const) {
      const { inner, store } = await struck({ on: "write", fault });
      await store.write("b", body());
      expect(await bodyText(inner, "b")).toBe(stored);
      const digest = sha256Digest(Buffer.from("0123456789"));
      expect((await failureOf(store.write("c", body(), { digest }))).code).toBe("INTEGRITY");
      expect(await inner.stat("c")).toBeUndefined();
    }
    const { inner, store } = await struck({ on: "write", fault: { truncate: 5, error: "UNAVAILABLE" } });
    expect((await failureOf(store.write("b", body()))).code).toBe("UNAVAILABLE");
    expect(await inner.stat("b")).toBeUndefined();
  });

  it("gives the body below back, whether the reader stops, cancels or is cut off", async () => {
    for (const fault of [{ truncate: 4 }, { truncate: 4, error: "UNAVAILABLE" }, { flip: 0 }] as Fault[]) {
      const inner = new OpenBodies();
      await inner.write("a", "0123456789");
      const store = new FaultStore(inner, { faults: [{ fault }] });
      await (await store.read("a")).bytes().catch(() => undefined);
      expect(inner.open).toBe(0);
      await (await store.read("a")).cancel();
      expect(inner.open).toBe(0);
      for await (const chunk of await store.read("a")) if (chunk.byteLength > 0) break;
      expect(inner.open).toBe(0);
    }
  });
});

describe("FaultStore: listings", () => {
  async function listed(fault: Fault, seed = 1): Promise<FaultStore> {
    const inner = new MemoryStore();
    for (let i = 0; i < 9; i++) await inner.write(`${i}`, "x");
    return new FaultStore(inner, { seed, faults: [{ fault }] });
  }

  it("ends early, as if that were all", async () => {
    const store = await listed({ partialList: 3 });
    expect(await pathsOf(store)).toEqual(["0", "1", "2"]);
    expect(store.injected).toHaveLength(1);
  });

  it("breaks off with an error, after the entries before it", async () => {
    const store = await listed({ partialList: 2, error: "UNAVAILABLE" });
    const seen: string[] = [];
    const listing = (async () => {
      for await (const { path } of store.list("")) seen.push(path);
    })();
    expect(await failureOf(listing)).toMatchObject({ code: "UNAVAILABLE", operation: "list" });
    expect(seen).toEqual(["0", "1"]);
  });

  it("leaves a listing alone that ends before", async () => {
    const store = await listed({ partialList: 9 });
    expect(await pathsOf(store)).toHaveLength(9);
    expect(store.injected).toEqual([]);
  });

  it("ends where the seed says", async () => {
    const lengths = new Set<number>();
    for (let seed = 0; seed < 100; seed++)
      lengths.add((await pathsOf(await listed({ partialList: true }, seed))).length);
    expect([...lengths].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
