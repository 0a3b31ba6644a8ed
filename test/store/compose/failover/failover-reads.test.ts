import fc from "fast-check";
import { isStorageError, type StorageErrorCode } from "../../../../src/errors/error.js";
import type { StorageEvent } from "../../../../src/observe/event.js";
import { ReplicaErrors } from "../../../../src/store/compose/replicas/replica-errors.js";
import { FailoverStore } from "../../../../src/store/compose/failover/failover-store.js";
import type { FailoverStoreOptions } from "../../../../src/store/compose/failover/options.js";
import { FakeClock } from "../../../../src/testing/index.js";
import { failureOf } from "../../../support/failure.js";
import { turn } from "../../../support/turn.js";
import { textOf } from "../../drivers/file/file-roots.js";
import { putAll, threeCopies, type CopyStore } from "../copy-store.js";

const unknown = (): Promise<string[]> => Promise.reject(new Error("The index is away."));

function failover(options: Partial<FailoverStoreOptions> = {}) {
  const copies = threeCopies();
  const events: StorageEvent[] = [];
  const observer = (event: StorageEvent): void => void events.push(event);
  const store = new FailoverStore({ stores: copies, observer, ...options });
  const told = (operation: string) => events.filter((event) => event.operation === operation);
  return { ...copies, copies, store, events, told };
}

describe("FailoverStore reads", () => {
  it("asks in order, and no further than the first copy that answers", async () => {
    const { a, b, c, store } = failover();
    await putAll([b, c], "x", "content");
    expect(await textOf(store, "x")).toBe("content");
    expect([a.count("read"), b.count("read"), c.count("read")]).toEqual([1, 1, 0]);
    expect((await store.stat("x"))?.size).toBe(7);
    expect(c.calls).toEqual([]);
  });

  it("keeps the order of the record, and that of the locator before it", async () => {
    const { a, b, c, store } = failover({ locator: () => Promise.resolve(["c", "a", "c"]) });
    await putAll([a, b], "x", "content");
    expect(await textOf(store, "x")).toBe("content");
    expect([a.count("read"), b.count("read"), c.count("read")]).toEqual([1, 0, 1]);
  });

  it("takes the locator at its word: nowhere is NOT_FOUND, without asking anybody", async () => {
    const { a, b, c, store } = failover({ locator: () => Promise.resolve([]) });
    await putAll([a], "x", "content");
    await expect(store.read("x")).rejects.toMatchObject({ code: "NOT_FOUND", operation: "read", path: "x" });
    expect(await store.stat("x")).toBeUndefined();
    expect([a.calls, b.calls, c.calls]).toEqual([[], [], []]);
  });

  it("passes over names that it does not know, and says so", async () => {
    const { a, store, told } = failover({ locator: () => Promise.resolve(["gone", "a"]) });
    await putAll([a], "x", "content");
    expect(await textOf(store, "x")).toBe("content");
    expect(told("replica_skip")).toMatchObject([{ replica: "gone", code: "CONFIG_INVALID", during: "read" }]);
  });

  it("is UNAVAILABLE, not NOT_FOUND, when the locator names a store that can't be asked", async () => {
    const { store } = failover({ locator: () => Promise.resolve(["gone", "a"]) });
    const error = await failureOf(store.read("x"));
    expect(error).toMatchObject({ code: "UNAVAILABLE", operation: "read", path: "x" });
    expect((error.cause as ReplicaErrors).replicas).toEqual({ a: "NOT_FOUND", gone: "CONFIG_INVALID" });
    await expect(store.stat("x")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("is CONFIG_INVALID, not NOT_FOUND, when the locator knows only of other stores", async () => {
    const { a, store } = failover({ locator: () => Promise.resolve(["gone", "__proto__"]) });
    await expect(store.read("x")).rejects.toMatchObject({ code: "CONFIG_INVALID", operation: "read", path: "x" });
    expect(a.calls).toEqual([]);
  });

  it("counts a copy over its usage limit apart from one that failed, and a missing one as neither", async () => {
    const { a, b, c, store, told } = failover();
    await putAll([c], "x", "content");
    a.fails = "USAGE_LIMIT";
    expect(await textOf(store, "x")).toBe("content");
    expect(told("replica_skip")).toMatchObject([{ replica: "a", code: "USAGE_LIMIT", outcome: "success" }]);
    expect(told("replica_failure")).toEqual([]);
    b.fails = "THROTTLED";
    expect(await textOf(store, "x")).toBe("content");
    expect(told("replica_failure")).toMatchObject([
      { replica: "b", code: "THROTTLED", outcome: "error", during: "read" },
    ]);
  });

  it("waits for no copy longer than attemptTimeout, and cancels what comes late", async () => {
    const clock = new FakeClock();
    const { a, b, store, told } = failover({ attemptTimeout: 500, clock });
    await putAll([a, b], "x", "content");
    let letGo: () => void = () => undefined;
    a.before = () => new Promise<void>((resolve) => (letGo = resolve));
    const reading = textOf(store, "x");
    await clock.advance(499);
    expect(b.calls).toEqual([]);
    await clock.advance(1);
    expect(await reading).toBe("content");
    expect(told("replica_failure")).toMatchObject([{ replica: "a", code: "TIMEOUT" }]);
    letGo();
    await turn();
    expect([a.open, b.open, clock.pending]).toEqual([0, 0, 0]);
  });

  it("is ABORTED when the caller gives up, whatever hangs, and asks no other copy", async () => {
    const { a, b, store } = failover();
    await putAll([a, b], "x", "content");
    a.fails = "hang";
    const controller = new AbortController();
    const reading = failureOf(store.read("x", { signal: controller.signal }));
    await turn();
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await reading).toMatchObject({ code: "ABORTED", cause: reason, operation: "read", path: "x" });
    expect(b.calls).toEqual([]);
  });

  it("goes on where a store throws what is no StorageError", async () => {
    const { a, b, store } = failover();
    await putAll([b], "x", "content");
    a.before = () => {
      throw new TypeError("a bug");
    };
    expect(await textOf(store, "x")).toBe("content");
  });
});

describe("FailoverStore without its locator", () => {
  it("asks everybody, and remembers who had it", async () => {
    const clock = new FakeClock();
    const { a, b, c, store, told } = failover({ locator: unknown, clock, random: () => 0.5 });
    await putAll([c], "x", "content");
    expect(await textOf(store, "x")).toBe("content");
    expect([a.count("read"), b.count("read"), c.count("read")]).toEqual([1, 1, 1]);
    expect(await textOf(store, "x")).toBe("content");
    expect([a.count("read"), b.count("read"), c.count("read")]).toEqual([1, 1, 2]);
    expect(told("degraded_read")).toMatchObject([{ during: "read" }, { during: "read" }]);
    await clock.advance(56_999); // a minute less half of a tenth
    await textOf(store, "x");
    expect(a.count("read")).toBe(1);
    await clock.advance(1);
    await textOf(store, "x");
    expect(a.count("read")).toBe(2);
  });

  it.each([
    ["is missing there", (copy: CopyStore) => copy.disk.delete("x")],
    ["fails there", (copy: CopyStore) => void (copy.fails = "UNAVAILABLE")],
  ])("forgets a location when the object %s", async (_, mislead) => {
    const { a, b, c, store } = failover({ locator: unknown });
    await putAll([b, c], "x", "content");
    await textOf(store, "x");
    await mislead(b);
    expect(await textOf(store, "x")).toBe("content");
    b.fails = undefined;
    await putAll([b], "x", "content");
    a.calls.length = b.calls.length = c.calls.length = 0;
    await textOf(store, "x");
    expect([a.count("read"), b.count("read"), c.count("read")]).toEqual([0, 0, 1]);
  });

  it("keeps a location whose store was only skipped", async () => {
    const { a, b, store } = failover({ locator: unknown });
    await putAll([b], "x", "content");
    await textOf(store, "x");
    b.fails = "USAGE_LIMIT";
    await expect(store.read("x")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    b.fails = undefined;
    a.calls.length = 0;
    await textOf(store, "x");
    expect(a.calls).toEqual([]);
  });

  it.each(["write", "delete"] as const)("forgets the location on a %s", async (operation) => {
    const { a, b, store } = failover({ locator: unknown });
    await putAll([b], "x", "old");
    await textOf(store, "x");
    await (operation === "write" ? store.write("x", "new") : store.delete("x"));
    a.calls.length = b.calls.length = 0;
    const read = await textOf(store, "x").catch((error: unknown) => (error as { code: string }).code);
    expect(read).toBe(operation === "write" ? "new" : "NOT_FOUND");
    expect(a.calls).toEqual(["read"]);
  });

  it("remembers nothing, or no more than it may, when told so", async () => {
    for (const locationCache of [false, { maxEntries: 1 }] as const) {
      const { a, b, store } = failover({ locator: unknown, locationCache });
      await putAll([b], "x", "content");
      await putAll([b], "y", "content");
      for (const path of ["x", "y", "x"]) await textOf(store, path);
      expect(a.count("read")).toBe(3);
    }
  });

  it("remembers as many as it is told to, however many", async () => {
    const { a, b, store } = failover({ locator: unknown, locationCache: { maxEntries: Number.MAX_SAFE_INTEGER } });
    await putAll([b], "x", "content");
    for (const path of ["x", "x"]) await textOf(store, path);
    expect(a.count("read")).toBe(1);
  });

  it("is UNAVAILABLE when reads without it are turned off", async () => {
    const { a, store } = failover({ locator: unknown, degradedReads: false });
    await putAll([a], "x", "content");
    const error = await failureOf(store.read("x"));
    expect(error).toMatchObject({ code: "UNAVAILABLE", retryable: true, operation: "read", path: "x" });
    expect(error.cause).toMatchObject({ message: "The index is away." });
    expect(a.calls).toEqual([]);
  });

  it.each([
    ["hangs", () => new Promise<string[]>(() => undefined)],
    [
      "throws",
      () => {
        throw new Error("a bug");
      },
    ],
    ["answers with something else", () => Promise.resolve("a" as unknown as string[])],
  ])("takes a locator that %s for one that is away", async (_, locator) => {
    const clock = new FakeClock();
    const { a, store, told } = failover({ locator, attemptTimeout: 100, clock });
    await putAll([a], "x", "content");
    const reading = textOf(store, "x");
    await clock.advance(100);
    expect(await reading).toBe("content");
    expect(told("degraded_read")).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("is ABORTED, not a degraded read, when the caller gives up while it waits for the locator", async () => {
    const { a, store, told } = failover({ locator: () => new Promise(() => undefined) });
    const controller = new AbortController();
    const reading = failureOf(store.read("x", { signal: controller.signal }));
    controller.abort("enough");
    expect(await reading).toMatchObject({ code: "ABORTED", cause: "enough" });
    expect([a.calls, told("degraded_read")]).toEqual([[], []]);
  });
});

describe("FailoverStore in parallel", () => {
  const parallel = { locator: unknown, broadcast: { mode: "parallel", parallelism: 2 } } as const;

  it("asks no more copies at a time than it may, and none after one has answered", async () => {
    const { a, b, c, store } = failover(parallel);
    await putAll([a, b, c], "x", "content");
    const letGo: (() => void)[] = [];
    for (const copy of [a, b, c]) copy.before = () => new Promise<void>((resolve) => letGo.push(resolve));
    const reading = textOf(store, "x");
    await turn();
    expect([a.calls, b.calls, c.calls]).toEqual([["read"], ["read"], []]);
    letGo[1]!();
    expect(await reading).toBe("content");
    // The loser was told to stop; what it brings late is given back.
    expect(a.signals[0]?.aborted).toBe(true);
    expect(b.signals[0]?.aborted).toBe(false);
    letGo[0]!();
    await turn();
    expect([a.open, b.open, c.calls]).toEqual([0, 0, []]);
  });

  it("asks the next one when one has failed, while another hangs", async () => {
    const { a, b, c, store } = failover(parallel);
    await putAll([c], "x", "content");
    a.fails = "hang";
    b.fails = "UNAVAILABLE";
    expect(await textOf(store, "x")).toBe("content");
  });

  it("leaves nothing on the caller's signal", async () => {
    const { a, b, store } = failover(parallel);
    await putAll([a, b], "x", "content");
    const { signal } = new AbortController();
    const added = jest.spyOn(signal, "addEventListener");
    const removed = jest.spyOn(signal, "removeEventListener");
    await (await store.read("x", { signal })).bytes();
    await turn();
    expect(removed.mock.calls.length).toBeGreaterThanOrEqual(added.mock.calls.length);
  });
});

type Word = "ok" | "NOT_FOUND" | "USAGE_LIMIT" | "UNAVAILABLE" | "PERMISSION_DENIED" | "INVALID_PATH" | "truncated";
const words = fc.constantFrom<Word>(
  "ok",
  "NOT_FOUND",
  "NOT_FOUND",
  "USAGE_LIMIT",
  "USAGE_LIMIT",
  "UNAVAILABLE",
  "PERMISSION_DENIED",
  "INVALID_PATH",
  "truncated",
);

/** The answer of three copies that say these words, and finish in this order. */
async function answerOf(
  said: readonly Word[],
  order: readonly number[],
  mode: "sequential" | "parallel",
): Promise<unknown> {
  const { copies, store } = failover({ broadcast: { mode } });
  const stores = Object.values(copies);
  await putAll(stores, "x", "content");
  let asked = 0;
  const letGo: (() => void)[] = [];
  stores.forEach((copy, i) => {
    const word = said[i]!;
    if (word === "truncated") copy.body = { fault: "truncate", at: 3 };
    else if (word !== "ok") copy.fails = word;
    if (mode === "parallel") {
      copy.before = () => {
        asked++;
        return new Promise<void>((resolve) => (letGo[i] = resolve));
      };
    }
  });
  const reading = textOf(store, "x").then(
    (text) => ({ text }),
    (error: unknown) => {
      if (!isStorageError(error)) throw error;
      const { cause, code, message, retryable } = error;
      return { code, message, retryable, said: cause instanceof ReplicaErrors ? cause.replicas : undefined };
    },
  );
  if (mode === "parallel") {
    await turn();
    expect(asked).toBe(3);
    for (const i of order) {
      letGo[i]!();
      await turn();
    }
  }
  const answer = await reading;
  await turn();
  expect(stores.map(({ open }) => open)).toEqual([0, 0, 0]);
  return answer;
}

function due(said: readonly Word[]): StorageErrorCode | undefined {
  const codes = new Set<StorageErrorCode>(
    said.map((word) => (word === "truncated" ? "INTEGRITY" : (word as StorageErrorCode))),
  );
  if (said.includes("ok")) return undefined;
  const [code] = codes;
  return codes.size === 1 && ["NOT_FOUND", "USAGE_LIMIT", "INVALID_PATH"].includes(code!) ? code : "UNAVAILABLE";
}

describe("The answer of FailoverStore", () => {
  it("does not depend on which copy answered last, nor on how they were asked", async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(words, words, words), async (said) => {
        const expected = await answerOf(said, [], "sequential");
        const code = due(said);
        expect(expected).toMatchObject(code === undefined ? { text: "content" } : { code });
        for (const order of [
          [0, 1, 2],
          [0, 2, 1],
          [1, 0, 2],
          [1, 2, 0],
          [2, 0, 1],
          [2, 1, 0],
        ]) {
          expect(await answerOf(said, order, "parallel")).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("tells what each copy said, by name and in order", async () => {
    const { a, b, store } = failover();
    a.fails = "TIMEOUT";
    b.fails = "USAGE_LIMIT";
    const error = await failureOf(store.read("x"));
    expect(error).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      operation: "read",
      store: "failover",
      path: "x",
    });
    const cause = error.cause as ReplicaErrors;
    expect(cause).toBeInstanceOf(AggregateError);
    expect(cause.replicas).toEqual({ a: "TIMEOUT", b: "USAGE_LIMIT", c: "NOT_FOUND" });
    expect(cause.errors.map(({ code }) => code)).toEqual(["TIMEOUT", "USAGE_LIMIT", "NOT_FOUND"]);
    expect(cause.byReplica.get("b")).toBe(cause.errors[1]);
    expect((await failureOf(store.stat("x"))).code).toBe("UNAVAILABLE");
  });

  it.each(["NOT_FOUND", "PERMISSION_DENIED", "INTEGRITY"] as const)(
    "is not retryable where nothing that a retry mends has happened: %s beside a missing copy",
    async (code) => {
      const { a, store } = failover();
      a.fails = code;
      const expected = code === "NOT_FOUND" ? "NOT_FOUND" : "UNAVAILABLE";
      expect(await failureOf(store.read("x"))).toMatchObject({ code: expected, retryable: false });
    },
  );
});
