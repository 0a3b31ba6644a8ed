import type { StorageEvent } from "../../../../src/index.js";
import { StorageError } from "../../../../src/errors/error.js";
import { RoutingStore } from "../../../../src/store/compose/routing/routing-store.js";
import { FileStore } from "../../../../src/store/drivers/file/file-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import type { ReadResult, Store, StoreBody } from "../../../../src/store/store.js";
import { patternBytes } from "../../../../src/testing/conformance/context.js";
import { failureOf } from "../../../support/failure.js";
import { HeldStore } from "../../../support/held-store.js";
import { RecordingStore } from "../../../support/recording-store.js";
import { StuckStore } from "../../../support/stuck-store.js";
import { TappedStore } from "../../../support/tapped-store.js";
import { turn } from "../../../support/turn.js";
import { openBelow, textOf, useDirectories } from "../../drivers/file/file-roots.js";

const newDirectory = useDirectories();
const MIB = 1024 * 1024;
const ATTRIBUTES = { contentType: "text/csv", metadata: { owner: "kit" } };

const between = (from: Store, to: Store, options: object = {}) =>
  new RoutingStore({ primary: new MemoryStore(), schemes: { from, to }, ...options });

/** A store whose objects are endless, and that counts what is taken from them. */
class EndlessStore extends TappedStore {
  taken = 0;
  cancelled = 0;

  constructor() {
    super((_, proceed) => proceed());
  }

  override read(path: string): Promise<ReadResult> {
    const chunks = this.chunks();
    return Promise.resolve({
      info: { path, size: Number.MAX_SAFE_INTEGER },
      bytes: () => Promise.reject(new Error("It was buffered.")),
      cancel: async () => {
        this.cancelled++;
        await chunks.return();
      },
      [Symbol.asyncIterator]: () => chunks,
    });
  }

  private async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      this.taken++;
      yield await Promise.resolve(new Uint8Array(MIB));
    }
  }
}

describe("A copy inside one store", () => {
  it("is the store's own, whatever the paths call it", async () => {
    const mem = new RecordingStore();
    const store = between(mem, mem);
    await store.write("from://c/a b", "content", ATTRIBUTES);
    mem.calls.length = 0;
    expect(await store.copy("from://c/a b", "TO://d/b%20")).toMatchObject({ path: "TO://d/b%20", size: 7 });
    expect(mem.calls.map(({ operation, path }) => [operation, path])).toEqual([["copy", "b "]]);
    expect(await store.stat("to://d/b ")).toMatchObject(ATTRIBUTES);
  });

  it("is UNSUPPORTED where the store has none: nothing is read and written instead", async () => {
    const mem = new RecordingStore(new MemoryStore(), { copy: false });
    mem.copy = (path) => Promise.reject(new StorageError("UNSUPPORTED", "No.", { operation: "copy", path }));
    const error = await failureOf(between(mem, mem).copy("from://c/a", "to://c/b"));
    expect(error).toMatchObject({ code: "UNSUPPORTED", operation: "copy", path: "from://c/a" });
    expect(mem.calls).toEqual([]);
  });
});

describe("A copy to another store", () => {
  it("takes bytes, content type and metadata along", async () => {
    const [from, to] = [new MemoryStore(), new MemoryStore()];
    const store = between(from, to);
    const bytes = patternBytes(3 * MIB + 1);
    await from.write("a b", bytes, ATTRIBUTES);
    const info = await store.copy("FROM://c/a%20b", "to://d/x/ü");
    expect(info).toMatchObject({ path: "to://d/x/ü", size: bytes.byteLength, ...ATTRIBUTES });
    expect(await to.stat("x/ü")).toMatchObject(ATTRIBUTES);
    expect(Buffer.compare(await (await to.read("x/ü")).bytes(), bytes)).toBe(0);
  });

  it("goes from plain paths to absolute ones and back, also with nothing in the object", async () => {
    const store = between(new MemoryStore(), new MemoryStore());
    await store.write("a", "");
    expect(await store.copy("a", "to://c/a")).toMatchObject({ path: "to://c/a", size: 0 });
    expect(await store.copy("to://c/a", "b")).toMatchObject({ path: "b", size: 0 });
    expect(await textOf(store, "b")).toBe("");
  });

  it("drops what the other store can't keep, and tells the observer of each", async () => {
    const events: StorageEvent[] = [];
    const [from, to] = [new MemoryStore(), new FileStore({ root: await newDirectory(), fsync: false })];
    const store = between(from, to, { observer: (event: StorageEvent) => events.push(event) });
    await from.write("a", "content", ATTRIBUTES);
    const info = await store.copy("from://c/a", "to://c/a");
    expect(info).toMatchObject({ size: 7 });
    expect(info).not.toHaveProperty("contentType");
    expect(await textOf(to, "a")).toBe("content");
    expect(events).toEqual(
      ["contentType", "metadata"].map((option): unknown =>
        expect.objectContaining({ operation: "option_dropped", store: "file", during: "copy", option }),
      ),
    );
    events.length = 0;
    await from.write("b", "content");
    await store.copy("from://c/b", "to://c/b");
    expect(events).toEqual([]); // nothing was there to be dropped
  });

  it("takes from the source only what the target has room for", async () => {
    const from = new EndlessStore();
    const received: number[] = [];
    let most = 0;
    class SlowStore extends MemoryStore {
      override async write(path: string, body: StoreBody): Promise<{ path: string; size: number }> {
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          received.push(chunk.byteLength);
          await turn();
          most = Math.max(most, from.taken - received.length);
          if (received.length === 50) break;
        }
        return { path, size: 50 * MIB };
      }
    }
    await between(from, new SlowStore()).copy("from://c/a", "to://c/a");
    expect(received).toHaveLength(50);
    expect(most).toBeLessThanOrEqual(1);
    expect(from.cancelled).toBe(1);
  });

  it("is refused before any I/O where one can't be read or the other not written", async () => {
    const blind = new RecordingStore(new MemoryStore(), { read: false });
    const fixed = new RecordingStore(new MemoryStore(), { write: false });
    const open = new RecordingStore();
    const unsupported = { code: "UNSUPPORTED", operation: "copy", store: "tapped" };
    const reading = await failureOf(between(blind, open).copy("from://c/a", "to://c/b"));
    expect(reading).toMatchObject({ ...unsupported, path: "from://c/a" });
    const writing = await failureOf(between(open, fixed).copy("from://c/a", "to://c/b"));
    expect(writing).toMatchObject({ ...unsupported, path: "to://c/b" });
    expect([...blind.calls, ...fixed.calls, ...open.calls]).toEqual([]);
  });

  it("is NOT_FOUND where nothing is, and leaves the target as it was", async () => {
    const [from, to] = [new MemoryStore(), new MemoryStore()];
    await to.write("a", "kept");
    const error = await failureOf(between(from, to).copy("from://c/a", "to://c/a"));
    expect(error).toMatchObject({ code: "NOT_FOUND", operation: "copy", path: "from://c/a", store: "memory" });
    expect(await textOf(to, "a")).toBe("kept");
  });

  it("fails as its source did, and leaves the target as it was", async () => {
    const details = { operation: "read", store: "x", path: "a" };
    const reset = new StorageError("UNAVAILABLE", "The connection broke off.", details);
    const from = new TappedStore((call, proceed) => (call.operation === "chunk" ? Promise.reject(reset) : proceed()));
    const to = new MemoryStore();
    await from.write("a", "content");
    await to.write("b", "kept");
    const error = await failureOf(between(from, to).copy("from://c/a", "to://c/b"));
    expect(error).toMatchObject({ code: "UNAVAILABLE", operation: "copy", path: "from://c/a", retryable: true });
    expect(await textOf(to, "b")).toBe("kept");
  });

  it("fails as its target did, and gives the source back", async () => {
    const from = new EndlessStore();
    const full = new StorageError("INSUFFICIENT_STORAGE", "Full.", { operation: "write", store: "x", path: "b" });
    const to = new TappedStore((call, proceed) => (call.operation === "write" ? Promise.reject(full) : proceed()));
    const error = await failureOf(between(from, to).copy("from://c/a", "to://c/b"));
    expect(error).toMatchObject({ code: "INSUFFICIENT_STORAGE", operation: "copy", path: "to://c/b" });
    expect(from.cancelled).toBe(1);
  });

  it("is no copy where the source gives another number of bytes than it says", async () => {
    const from = new TappedStore(async (call, proceed) => {
      const answer = await proceed();
      return call.operation === "chunk" ? ({ done: true, value: undefined } as typeof answer) : answer;
    });
    await from.write("a", "content");
    const to = new MemoryStore();
    const error = await failureOf(between(from, to).copy("from://c/a", "to://c/b"));
    expect(error).toMatchObject({ code: "INTEGRITY", operation: "copy", path: "to://c/b" });
    expect(await to.stat("b")).toBeUndefined();
  });

  it.each([0, 1, 2])("ends at once when it is aborted, whatever hangs in the source: step %i", async (step) => {
    const from = new StuckStore(step + 1); // the first call puts the object there
    await from.write("a", "content");
    const directory = await newDirectory();
    const to = new FileStore({ root: directory, fsync: false });
    const controller = new AbortController();
    const copy = failureOf(between(from, to).copy("from://c/a", "to://c/b", { signal: controller.signal }));
    await from.stuck;
    controller.abort("enough");
    expect(await copy).toMatchObject({ code: "ABORTED", cause: "enough", operation: "copy" });
    from.finish();
    await turn();
    expect(from.cancelled).toBe(1);
    expect(await to.stat("b")).toBeUndefined();
    expect(openBelow(directory)).toEqual([]);
  });

  it("ends at once when it is aborted while the target hangs, and gives the source back", async () => {
    const from = new EndlessStore();
    const to = new HeldStore(["write"]);
    const controller = new AbortController();
    const copy = failureOf(between(from, to).copy("from://c/a", "to://c/b", { signal: controller.signal }));
    await to.until(1);
    const deadline = new StorageError("TIMEOUT", "Too long.", { operation: "x" });
    controller.abort(deadline);
    expect(await copy).toBe(deadline);
    expect(from.cancelled).toBe(1);
    to.held[0]!.fail(new Error("late")); // an unhandled rejection would fail the test run
    await turn();
  });
});
