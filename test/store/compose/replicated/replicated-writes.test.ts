import fc from "fast-check";
import type { ReplicaErrors } from "../../../../src/store/compose/replicas/replica-errors.js";
import { FakeClock } from "../../../../src/testing/index.js";
import { failureOf } from "../../../support/failure.js";
import { turn } from "../../../support/turn.js";
import { textOf } from "../../drivers/file/file-roots.js";
import { hold, replicated } from "./replicated-fixture.js";

async function* chunks(count: number, size: number, fail?: Error): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = Buffer.alloc(size); // one for all chunks, as some sources do
  for (let i = 0; i < count; i++) yield await Promise.resolve(buffer.fill(65 + (i % 26)));
  if (fail !== undefined) throw fail;
}

const text = (count: number, size: number): string =>
  Array.from({ length: count }, (_, i) => String.fromCharCode(65 + (i % 26)).repeat(size)).join("");

describe("ReplicatedStore writes", () => {
  it("to every store, and says what became of each copy", async () => {
    const { store, held } = replicated();
    const info = await store.write("x", "content");
    expect(info).toMatchObject({ path: "x", size: 7, replicas: { a: "written", b: "written", c: "written" } });
    expect(await held()).toEqual(["content", "content", "content"]);
  });

  it.each([
    ["all", ["a", "b", "c"]],
    ["quorum", ["a", "c"]],
    ["first", ["c"]],
  ] as const)("acknowledges %s when that many have taken it, and not before", async (acknowledge, needed) => {
    const { copies, store, held } = replicated({ acknowledge });
    const letGo = Object.fromEntries(Object.entries(copies).map(([name, copy]) => [name, hold(copy)]));
    let answer: Awaited<ReturnType<typeof store.write>> | undefined;
    const writing = store.write("x", "content").then((info) => (answer = info));
    for (const name of needed) {
      await turn();
      expect(answer).toBeUndefined();
      letGo[name]!();
    }
    const expected = Object.fromEntries(
      Object.keys(copies).map((name) => [name, (needed as readonly string[]).includes(name) ? "written" : "pending"]),
    );
    expect((await writing).replicas).toEqual(expected);
    // The rest goes on, and close() waits for it.
    let closed = false;
    const closing = store.close().then(() => (closed = true));
    await turn();
    expect(closed).toBe(needed.length === 3);
    for (const go of Object.values(letGo)) go();
    await closing;
    expect(await held()).toEqual(["content", "content", "content"]);
  });

  it("takes a store that answers with nothing for one that failed", async () => {
    const { b, store } = replicated();
    b.write = () => Promise.resolve(undefined as never);
    const error = await failureOf(store.write("x", "content"));
    expect(error.code).toBe("UNAVAILABLE");
    expect((error.cause as ReplicaErrors).replicas).toEqual({ a: "written", b: "UNEXPECTED", c: "written" });
  });

  it("says which stores failed behind an acknowledged write", async () => {
    const { b, store, events } = replicated({ acknowledge: "quorum" });
    b.fails = "THROTTLED";
    expect((await store.write("x", "content")).replicas).toMatchObject({ a: "written", c: "written" });
    await store.close();
    expect(events).toMatchObject([{ operation: "replica_failure", replica: "b", code: "THROTTLED", during: "write" }]);
  });

  it("fails when too few take it, and says where it is nevertheless; a retry mends", async () => {
    const { b, c, store, held } = replicated();
    await store.write("x", "old");
    b.fails = "TIMEOUT";
    c.fails = "USAGE_LIMIT";
    const error = await failureOf(store.write("x", "new"));
    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true, operation: "write", path: "x" });
    expect((error.cause as ReplicaErrors).replicas).toEqual({ a: "written", b: "TIMEOUT", c: "USAGE_LIMIT" });
    expect(await held()).toEqual(["new", "old", "old"]); // nothing that was good is taken away
    b.fails = c.fails = undefined;
    await store.write("x", "new");
    expect(await held()).toEqual(["new", "new", "new"]);
  });

  it.each(["USAGE_LIMIT", "PERMISSION_DENIED", "LIMIT_EXCEEDED"] as const)(
    "says %s when every store says so",
    async (code) => {
      const { a, b, c, store } = replicated({ acknowledge: "first" });
      a.fails = b.fails = c.fails = code;
      const error = await failureOf(store.write("x", "content"));
      expect(error).toMatchObject({ code, retryable: false, operation: "write", store: "replicated", path: "x" });
      expect((error.cause as ReplicaErrors).replicas).toEqual({ a: code, b: code, c: code });
    },
  );

  it("gives the same answer whichever store fails first", async () => {
    const codes = fc.constantFrom("ok", "TIMEOUT", "USAGE_LIMIT", "PERMISSION_DENIED");
    const mode = fc.constantFrom("all", "quorum");
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    await fc.assert(
      fc.asyncProperty(fc.tuple(codes, codes, codes), mode, async (said, acknowledge) => {
        const answers = orders.map(async (order) => {
          const { copies, store } = replicated({ acknowledge: acknowledge });
          const stores = Object.values(copies);
          const letGo = stores.map((copy) => hold(copy));
          stores.forEach((copy, i) => (copy.fails = said[i] === "ok" ? undefined : said[i]));
          const writing = store.write("x", "content").then(
            () => "written",
            (error: unknown) => {
              const { code, cause } = error as { code: string; cause: ReplicaErrors };
              return { code, said: cause.replicas };
            },
          );
          for (const i of order) {
            letGo[i]!();
            await turn();
          }
          return writing;
        });
        const [first, ...others] = await Promise.all(answers);
        for (const other of others) expect(other).toEqual(first);
        const taken = said.filter((code) => code === "ok").length;
        expect(first === "written").toBe(taken >= (acknowledge === "all" ? 3 : 2));
      }),
      { numRuns: 40 },
    );
  });

  it("reads a stream once, for all of them, and holds no more of it than it may", async () => {
    const { b, store, held } = replicated({ maxBufferSize: 100 });
    const letGo = hold(b);
    let pulled = 0;
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of chunks(60, 10)) {
        pulled += chunk.byteLength;
        yield chunk;
      }
    }
    const writing = store.write("x", source());
    await turn();
    await turn();
    // b has not begun: the others wait for it.
    expect(pulled).toBeGreaterThan(100);
    expect(pulled).toBeLessThan(300);
    letGo();
    expect(await writing).toMatchObject({ size: 600 });
    expect(await held()).toEqual([text(60, 10), text(60, 10), text(60, 10)]);
    expect(pulled).toBe(600);
  });

  it("goes on with a stream when a store leaves it, hangs, or fails", async () => {
    const clock = new FakeClock();
    const { b, c, store } = replicated({ maxBufferSize: 100, acknowledge: "first", clock, attemptTimeout: 500 });
    b.fails = "UNAVAILABLE";
    c.fails = "hang";
    const writing = store.write("x", chunks(60, 10));
    await clock.advance(500);
    expect((await writing).replicas).toEqual({ a: "written", b: "UNAVAILABLE", c: "TIMEOUT" });
    expect(await textOf(store, "x")).toBe(text(60, 10));
    await store.close();
    expect(clock.pending).toBe(0);
  });

  it.each([10_000, 20])("takes a source that fails for what it is (maxBufferSize %i)", async (maxBufferSize) => {
    const { store, held } = replicated({ maxBufferSize });
    const failure = new Error("the source broke");
    const error = await failureOf(store.write("x", chunks(9, 10, failure)));
    expect(error).toMatchObject({ code: "UNEXPECTED", cause: failure, operation: "write", path: "x" });
    const wrong = await failureOf(store.write("x", chunks(9, 10), { size: 91 }));
    expect(wrong).toMatchObject({ code: "INTEGRITY", operation: "write", path: "x" });
    expect(await held()).toEqual([undefined, undefined, undefined]);
  });

  it("is ABORTED when the caller gives up, and leaves no part of a stream behind", async () => {
    const { a, b, c, store, held } = replicated({ maxBufferSize: 20 });
    const controller = new AbortController();
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for (;;) {
          yield await Promise.resolve(Buffer.alloc(10));
          await turn();
        }
      } finally {
        closed = true;
      }
    }
    // A store that heeds no signal: it would take the end of the source for the end of the body.
    for (const { disk } of [a, b, c]) {
      const write = disk.write.bind(disk);
      disk.write = (path, body) => write(path, body);
    }
    const writing = failureOf(store.write("x", source(), { signal: controller.signal }));
    for (let i = 0; i < 10; i++) await turn();
    controller.abort("enough");
    expect(await writing).toMatchObject({ code: "ABORTED", cause: "enough", operation: "write", path: "x" });
    for (let i = 0; i < 10; i++) await turn();
    expect(closed).toBe(true);
    expect(await held()).toEqual([undefined, undefined, undefined]);
  });

  it("are waited for by close(), also when they are not acknowledged yet", async () => {
    const { copies, store, held } = replicated({ acknowledge: "first" });
    const letGo = hold(copies.a);
    const writing = store.write("x", "content");
    await Promise.resolve(); // the body of a write is looked at before it is on its way
    let closed = false;
    const closing = store.close().then(() => (closed = true));
    expect((await writing).replicas).toMatchObject({ a: "pending" });
    await turn();
    expect(closed).toBe(false);
    letGo();
    await closing;
    expect(await held()).toEqual(["content", "content", "content"]);
  });

  it("keep only the store open that hangs: close() closes the others without waiting", async () => {
    const { a, b, c, store } = replicated({ acknowledge: "quorum" });
    const letGo = hold(b);
    await store.write("x", "content");
    let closed = false;
    const closing = store.close().then(() => (closed = true));
    await turn();
    expect([a, b, c].map((copy) => copy.count("close"))).toEqual([1, 0, 1]);
    expect(closed).toBe(false);
    letGo();
    await closing;
    expect([a, b, c].map((copy) => copy.count("close"))).toEqual([1, 1, 1]);
  });

  it("takes no notice of a signal that fires once it has acknowledged", async () => {
    const { c, store, held } = replicated({ acknowledge: "quorum" });
    const letGo = hold(c);
    const controller = new AbortController();
    await store.write("x", "content", { signal: controller.signal });
    controller.abort();
    letGo();
    await store.close();
    expect(await held()).toEqual(["content", "content", "content"]);
  });

  it("makes the changes of a path in one order, however slow a store is", async () => {
    const { b, store, held } = replicated({ acknowledge: "first" });
    const letGo = hold(b);
    const writes = ["1", "2", "3"].map((version) => store.write("x", version));
    await Promise.all(writes);
    const deleting = store.delete("x");
    const last = store.write("x", "4");
    letGo();
    await Promise.all([deleting, last]);
    await store.close();
    expect(await held()).toEqual(["4", "4", "4"]);
  });
});
