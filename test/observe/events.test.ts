import type { StorageEvent } from "../../src/index.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { TappedStore } from "../support/tapped-store.js";
import { turn } from "../support/turn.js";

const FIELDS = new Set([
  ...["operation", "store", "outcome", "code", "bytes", "inlineBytes", "durationMs"],
  ...["entries", "objects", "stepRunId", "scope"],
]);

function observed(options: object = {}) {
  const events: StorageEvent[] = [];
  const store = new MemoryStore();
  const manager = new StorageManager({ pack: false, store, observer: (event) => void events.push(event), ...options });
  /** What was told since the last time, without durations, which are checked. */
  const told = () =>
    events.splice(0).map(({ durationMs, ...event }) => {
      expect(durationMs).toBeGreaterThanOrEqual(0);
      for (const field of Object.keys(event)) expect(FIELDS).toContain(field);
      return event;
    });
  return { manager, store, told };
}

describe("events", () => {
  it("tell of a dehydration and of its writes, attributed to step run and scope", async () => {
    const { manager, told } = observed();
    const payload = { a: longText("a"), b: [longText("b")], again: longText("a") };
    const result = (await manager.dehydrate(payload, { scope: "run/1", stepRunId: "step-7" })) as {
      a: StorageReference;
    };
    const attribution = { scope: "run/1", stepRunId: "step-7" };
    const write = { operation: "write", store: "memory", outcome: "success", objects: 1, ...attribution };
    expect(told()).toEqual([
      { ...write, bytes: result.a.$storageSize },
      { ...write, bytes: result.a.$storageSize },
      {
        operation: "dehydrate",
        store: "memory",
        outcome: "success",
        bytes: Buffer.byteLength(JSON.stringify(payload)),
        inlineBytes: Buffer.byteLength(JSON.stringify(result)),
        entries: 3,
        objects: 2,
        ...attribution,
      },
    ]);
  });

  it("tell of the fresh scope, and of a payload that stays", async () => {
    const { manager, told } = observed();
    const result = (await manager.dehydrate(longText("a"))) as StorageReference;
    expect(told().at(-1)).toMatchObject({ operation: "dehydrate", scope: result.$storageRef.split("/")[1] });
    await manager.dehydrate({ a: 1 }, { scope: "s" });
    expect(told()).toEqual([
      { operation: "dehydrate", store: "memory", outcome: "success", bytes: 7, inlineBytes: 7, entries: 0, scope: "s" },
    ]);
  });

  it("tell of a hydration and of its reads", async () => {
    const { manager, told } = observed();
    const payload = { a: longText("a"), again: longText("a"), b: longText("b") };
    const message = (await manager.dehydrate(payload)) as { a: StorageReference };
    told();
    await manager.hydrate(message, { stepRunId: "step-8" });
    const size = message.a.$storageSize;
    const read = {
      operation: "read",
      store: "memory",
      outcome: "success",
      bytes: size,
      objects: 1,
      stepRunId: "step-8",
    };
    expect(told()).toEqual([
      read,
      read,
      {
        operation: "hydrate",
        store: "memory",
        outcome: "success",
        bytes: 3 * size,
        entries: 3,
        objects: 2,
        stepRunId: "step-8",
      },
    ]);
  });

  it("tell of other calls", async () => {
    const { manager, told } = observed();
    const reference = (await manager.dehydrate(longText("a"), { scope: "run" })) as StorageReference;
    told();
    const end = { store: "memory", outcome: "success" };
    await manager.open(reference);
    expect(told()).toEqual([{ operation: "open", ...end, bytes: 1500, objects: 1 }]);
    await manager.writeBlob("a", "four");
    expect(told()).toEqual([{ operation: "write", ...end, bytes: 4, objects: 1 }]);
    await manager.readBlob("a", { length: 3 });
    expect(told()).toEqual([{ operation: "read", ...end, bytes: 3, objects: 1 }]);
    for await (const { path } of manager.list("")) expect(path).toBeDefined();
    expect(told()).toEqual([{ operation: "list", ...end, bytes: 0, objects: 2 }]);
    await manager.delete("a");
    expect(told()).toEqual([{ operation: "delete", ...end, bytes: 0, objects: 1 }]);
    await manager.release("run");
    expect(told()).toEqual([{ operation: "release", ...end, bytes: 0, objects: 1, scope: "run" }]);
  });

  it("tell of resolvers", async () => {
    const resolvers = [{ key: "$bubuA", resolve: () => Promise.resolve(1) }];
    const { manager, told } = observed({ resolvers });
    await manager.hydrate({ $bubuA: 1 }, { stepRunId: "step" });
    expect(told()).toEqual([
      { operation: "resolve", outcome: "success", bytes: 0, stepRunId: "step" },
      {
        operation: "hydrate",
        store: "memory",
        outcome: "success",
        bytes: 0,
        entries: 1,
        objects: 0,
        stepRunId: "step",
      },
    ]);
  });

  it("tell of failures by their codes", async () => {
    const { manager, store, told } = observed();
    const reference = (await manager.dehydrate(longText("a"), { scope: "s" })) as StorageReference;
    await store.delete(reference.$storageRef);
    told();
    await failureOf(manager.hydrate(reference));
    expect(told()).toMatchObject([
      { operation: "read", outcome: "error", code: "NOT_FOUND", objects: 1 },
      { operation: "hydrate", outcome: "error", code: "NOT_FOUND" },
    ]);
    const failures: [Promise<unknown>, string, string][] = [
      [manager.dehydrate([1n]), "dehydrate", "UNSERIALIZABLE"],
      [manager.hydrate({ $bubuStorageRef: "/" }), "hydrate", "INVALID_REFERENCE"],
      [manager.hydrate(1, { signal: AbortSignal.abort() }), "hydrate", "ABORTED"],
      [manager.open({ $bubuStorageRef: "x" }), "open", "REFERENCE_DENIED"],
      [manager.readBlob("missing"), "read", "NOT_FOUND"],
      [manager.writeBlob("", ""), "write", "INVALID_PATH"],
      [manager.delete(""), "delete", "INVALID_PATH"],
      [manager.release(""), "release", "INVALID_PATH"],
      [manager.list("//")[Symbol.asyncIterator]().next(), "list", "INVALID_PATH"],
    ];
    for (const [call] of failures) await failureOf(call);
    const ends = told().map(({ operation, outcome, code }) => [operation, outcome, code]);
    expect(ends.sort()).toEqual(failures.map(([, operation, code]) => [operation, "error", code]).sort());
  });

  it("tell of a store that throws anything, and of writes that were given up", async () => {
    const store = new TappedStore(() => Promise.reject(new TypeError("a bug")));
    const { manager, told } = observed({ store });
    await failureOf(manager.dehydrate([longText("a"), longText("b")]));
    expect(told()).toMatchObject([
      { operation: "write", outcome: "error", code: "UNEXPECTED" },
      { operation: "write", outcome: "error", code: "UNEXPECTED" },
      { operation: "dehydrate", outcome: "error", code: "UNEXPECTED", objects: 2 },
    ]);
  });

  it("have no store where there is none", async () => {
    const { manager, told } = observed({ store: undefined });
    await manager.dehydrate(1);
    expect(told()[0]).not.toHaveProperty("store");
  });
});

describe("an observer that fails", () => {
  it.each<[string, () => unknown]>([
    [
      "throws",
      () => {
        throw new Error("an observer");
      },
    ],
    ["rejects", () => Promise.reject(new Error("an observer"))],
  ])("changes nothing when it %s", async (_, observer) => {
    const { manager } = observed({ observer });
    const payload = [longText("a")];
    await expect(manager.hydrate(await manager.dehydrate(payload))).resolves.toEqual(payload);
    expect((await failureOf(manager.hydrate({ $bubuStorageRef: "/" }))).code).toBe("INVALID_REFERENCE");
    await turn();
  });
});
