import { getEventListeners } from "node:events";
import { runInThisContext } from "node:vm";
import { Readable } from "node:stream";
import {
  aes256gcm,
  FailoverStore,
  gzip,
  MemoryStore,
  MigratingStore,
  ReplicatedStore,
  RoutingStore,
  StorageManager,
  TieredStore,
  withCircuitBreaker,
  withConcurrencyLimit,
  withFeatures,
  withPrefix,
  withRetry,
  withTimeout,
  withUsageLimits,
  type StorageError,
  type StorageReference,
  type Store,
} from "../src/index.js";
import { FaultStore } from "../src/testing/index.js";
import { longText } from "./support/payloads.js";
import { turn } from "./support/turn.js";

// A server gives the signal of its shutdown to all that it does. Node warns of more than ten listeners on one signal.

const CALLS = 20;
// Jest gives tests a copy of the process, that hears no events.
const realProcess = runInThisContext("process") as NodeJS.Process;

const memory = (): Store => new MemoryStore();
const numbers = Array.from({ length: CALLS }, (_, index) => index);

/** What ends must leave nothing on the signal, and Node must not have warned of it, nor of signals made from it. */
async function withoutTrace(calls: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const { signal } = new AbortController();
  const warnings = await warningsOf(() => calls(signal));
  expect(warnings).toEqual([]);
  expect(getEventListeners(signal, "abort")).toEqual([]);
}

async function warningsOf(run: () => Promise<unknown>): Promise<string[]> {
  const warnings: string[] = [];
  const onWarning = ({ message }: Error): void => void warnings.push(message);
  const printers = realProcess.listeners("warning"); // what is expected is not to be read among the results
  realProcess.removeAllListeners("warning").on("warning", onWarning);
  try {
    await run();
    await turn(); // a warning is told in the next tick
  } finally {
    realProcess.off("warning", onWarning);
    for (const printer of printers) realProcess.on("warning", printer);
  }
  return warnings;
}

/** At once, as often as {@link CALLS} says. */
const often = (call: (index: number) => Promise<unknown>): Promise<unknown> => Promise.all(numbers.map(call));

it("the test hears Node's warnings", async () => {
  const { signal } = new AbortController();
  const listen = async (): Promise<void> => {
    for (const index of numbers) signal.addEventListener("abort", () => numbers.at(index));
    await turn();
  };
  expect(await warningsOf(listen)).toHaveLength(1);
});

const LAYERS: Record<string, (store: Store) => Store> = {
  withRetry: (store) => withRetry(store),
  withTimeout: (store) => withTimeout(store, { timeout: 60_000 }),
  withConcurrencyLimit: (store) => withConcurrencyLimit(store, { limit: 3 }),
  withCircuitBreaker: (store) => withCircuitBreaker(store),
  withUsageLimits: (store) => withUsageLimits(store),
  withPrefix: (store) => withPrefix(store, "below"),
  withFeatures: (store) => withFeatures(store, { simulate: ["metadata", "copy"] }),
  FaultStore: (store) => new FaultStore(store, { seed: 1, faults: [{ rate: 0.5, fault: { delay: 1 } }] }),
  "all in a row": (store) =>
    withRetry(
      withCircuitBreaker(withTimeout(withConcurrencyLimit(withUsageLimits(store), { limit: 3 }), { timeout: 60_000 })),
    ),
};

const COMPOSITIONS: Record<string, () => Store> = {
  MemoryStore: memory,
  RoutingStore: () => new RoutingStore({ primary: memory() }),
  "RoutingStore, to a scheme": () => new RoutingStore({ primary: memory(), schemes: { mem: () => memory() } }),
  TieredStore: () => new TieredStore({ remote: memory(), validate: "always" }),
  FailoverStore: () => new FailoverStore({ stores: { a: memory(), b: memory() }, attemptTimeout: 60_000 }),
  MigratingStore: () => new MigratingStore({ from: memory(), to: memory(), phase: "drain" }),
  ReplicatedStore: () => new ReplicatedStore({ stores: { a: memory(), b: memory(), c: memory() } }),
  "ReplicatedStore, quorum": () =>
    new ReplicatedStore({
      stores: { a: memory(), b: memory(), c: memory() },
      acknowledge: "quorum",
      attemptTimeout: 60_000,
    }),
};

const STORES: [string, () => Store][] = [
  ...Object.entries(COMPOSITIONS),
  ...Object.entries(LAYERS).map(([name, layer]): [string, () => Store] => [name, () => layer(memory())]),
];

describe(`one signal for ${CALLS} calls at once leads to no warning, and nothing stays on it`, () => {
  it.each(STORES)("of %s", async (name, create) => {
    const store = create();
    const root = name.endsWith("to a scheme") ? "mem://a/" : "";
    await withoutTrace(async (signal) => {
      await often((index) => store.write(`${root}a/${index}`, longText(`${index}`), { signal }));
      await often((index) => store.write(`${root}a/s${index}`, Readable.from([Buffer.from(`${index}`)]), { signal }));
      await often(async () => (await store.read(`${root}a/0`, { signal })).bytes());
      await often(async (index) => (await store.read(`${root}a/${index}`, { signal })).bytes());
      await often(async () => (await store.read(`${root}a/1`, { signal })).cancel());
      await often((index) => store.stat(`${root}a/${index}`, { signal }));
      await often(async () => {
        let objects = 0;
        for await (const object of store.list(`${root}a/`, { signal })) objects += object.size < 0 ? 0 : 1;
        expect(objects).toBe(2 * CALLS);
      });
      await often((index) => store.copy(`${root}a/${index}`, `${root}b/${index}`, { signal }));
      await often((index) => store.read(`${root}gone/${index}`, { signal }).catch(() => undefined));
      await often((index) => store.delete(`${root}a/${index}`, { signal }));
      await store.close();
    });
  });

  it.each(STORES)("of a manager over %s", async (name, create) => {
    const codecs = [gzip(), aes256gcm({ keys: { a: new Uint8Array(32) }, activeKeyId: "a" })];
    const manager = new StorageManager({ store: create(), codecs, readCache: { maxBytes: 1_000_000 } });
    await withoutTrace(async (signal) => {
      const dehydrated: unknown[] = [];
      await often(async (index) => {
        const stream = Readable.from([Buffer.from(longText(`${name} ${index}`, 3000))]);
        const payload = { text: longText(`${index}`), list: [longText("a"), { stream }] };
        dehydrated.push(await manager.dehydrate(payload, { signal, scope: `s/${index}` }));
      });
      await often((index) => manager.hydrate(dehydrated[index], { signal }));
      const some = dehydrated.slice(0, 3);
      await often(() => manager.hydrate(some, { signal })); // the same reads, shared
      await often((index) => manager.verify(dehydrated[index], { signal }));
      await often(() => manager.verifyPrefix("outputs/s/1/", { signal }));
      await often(async () => {
        let objects = 0;
        for await (const object of manager.list("outputs/", { signal })) objects += object.size < 0 ? 0 : 1;
        expect(objects).toBeGreaterThanOrEqual(CALLS);
      });
      const [first] = dehydrated as [{ text: StorageReference }];
      await often(async () => (await manager.open(first.text, { signal })).bytes());
      await often((index) => manager.writeBlob(`blobs/${index}`, "a", { signal }));
      await often((index) => manager.readBlob(`blobs/${index}`, { signal }));
      await often(() => manager.readBlob("gone", { signal }).catch(() => undefined));
      await often(() => manager.reencrypt("outputs/s/2/", { signal }));
      await often((index) => manager.delete(`blobs/${index}`, { signal }));
      await often((index) => manager.release(`s/${index}`, { signal }));
      await manager.close();
    });
  });

  it.each(STORES)("of %s, when it fires", async (_, create) => {
    const store = create();
    const manager = new StorageManager({ store });
    const payload = await manager.dehydrate({ text: longText("a"), other: longText("b") });
    const controller = new AbortController();
    const { signal } = controller;
    const warnings = await warningsOf(async () => {
      const calls = numbers.flatMap((index) => [
        manager.hydrate(payload, { signal }),
        manager.dehydrate([longText(`${index}`), Readable.from([Buffer.from("a")])], { signal }),
        manager.verify(payload, { signal }),
        store.write(`x/${index}`, "a", { signal }),
      ]);
      controller.abort("enough");
      const codes = (await Promise.allSettled(calls)).map((call) =>
        call.status === "fulfilled" ? "done" : (call.reason as StorageError).code,
      );
      expect(codes.filter((code) => code !== "done" && code !== "ABORTED")).toEqual([]);
      expect(codes).toContain("ABORTED");
    });
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});
