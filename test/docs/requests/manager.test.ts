import { randomBytes } from "node:crypto";
import {
  aes256gcm,
  StorageManager,
  type BubustackReference,
  type StorageManagerOptions,
  type StorageReference,
} from "../../../src/index.js";
import { FakeClock } from "../../../src/testing/index.js";
import type { RecordingStore } from "../../support/recording-store.js";
import { someBytes } from "../../support/stream-sources.js";
import { expectDocumented } from "./documented.js";
import { ListedStore, requestsOf } from "./listed-store.js";

const MIB = 1024 ** 2;
const TTL = 3_600_000;

interface Case {
  readonly options?: Partial<StorageManagerOptions>;
  /** What was there before, and is not counted. */
  readonly before?: (manager: StorageManager, store: RecordingStore) => Promise<unknown>;
  readonly call: (manager: StorageManager, before: never) => unknown;
}

function text(size: number): string {
  return randomBytes(size / 2).toString("hex");
}

async function* streamOf(size: number): AsyncGenerator<Uint8Array, void, undefined> {
  await Promise.resolve();
  for (let left = size; left > 0; left -= 65_536) yield new Uint8Array(Math.min(left, 65_536));
}

const SCOPE = { scope: "s" };
const small = (): unknown => Array.from({ length: 20 }, () => text(5_000));
const value = (manager: StorageManager): Promise<unknown> => manager.dehydrate({ a: text(5_000) }, SCOPE);
const two = (manager: StorageManager): Promise<unknown> =>
  manager.dehydrate({ a: text(400_000), b: randomBytes(5_000) }, SCOPE);
const binary = (manager: StorageManager): Promise<unknown> => manager.dehydrate({ a: randomBytes(5_000) }, SCOPE);
const hydrates = (manager: StorageManager, before: never): Promise<unknown> => manager.hydrate(before);

async function drained(objects: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const object of objects) all.push(object);
  return all;
}

function encryption(activeKeyId: "old" | "new") {
  const keys = { old: new Uint8Array(32), new: new Uint8Array(32).fill(1) };
  return { codecs: [aes256gcm({ keys, activeKeyId })] };
}

const encrypted = (size: number) => async (_manager: StorageManager, store: RecordingStore) =>
  new StorageManager({ store, ...encryption("old") }).dehydrate({ a: text(size) }, SCOPE);

const clock = new FakeClock(Date.now());
const atAnyAge = { retention: { margin: 0, clock } };

async function oneOver(manager: StorageManager): Promise<void> {
  await manager.dehydrate({ a: text(5_000) }, { ...SCOPE, ttl: TTL });
  await clock.advance(2 * TTL);
}

const READERS = { readers: ["a", "b"] };

const CASES: Record<string, Case> = {
  "`dehydrate`, nothing leaves": { call: (manager) => manager.dehydrate({ a: 1 }) },
  "`dehydrate`, one value": { call: value },
  "`dehydrate`, 20 small values": { call: (manager) => manager.dehydrate(small()) },
  "`dehydrate`, three equal values of 400 kB": {
    call: (manager) => {
      const same = text(400_000);
      return manager.dehydrate({ a: same, b: [same], c: same });
    },
  },
  "`dehydrate`, a stream of 100 kB": { call: (manager) => manager.dehydrate({ a: streamOf(100_000) }) },
  "`dehydrate`, a stream of 5 MiB": { call: (manager) => manager.dehydrate({ a: streamOf(5 * MIB) }) },
  "`dehydrate`, a stream of 12 MiB": { call: (manager) => manager.dehydrate({ a: streamOf(12 * MIB) }) },
  "`dehydrate`, a `Blob` of 12 MiB": { call: (manager) => manager.dehydrate({ a: new Blob([someBytes(12 * MIB)]) }) },
  "`hydrate`, one value": { before: value, call: hydrates },
  "`hydrate`, 20 small values": { before: (manager) => manager.dehydrate(small()), call: hydrates },
  "`hydrate`, the same object at three places": {
    before: async (manager) => {
      const ticket = await value(manager);
      return [ticket, [ticket], ticket];
    },
    call: hydrates,
  },
  "`hydrate`, no such object": {
    before: async (manager) => {
      const ticket = await value(manager);
      await manager.release("s");
      return ticket;
    },
    call: (manager, before) => expect(manager.hydrate(before)).rejects.toMatchObject({ code: "NOT_FOUND" }),
  },
  "`hydrate`, encrypted again": {
    options: encryption("new"),
    before: async (manager, store) => {
      const ticket = await encrypted(2_000)(manager, store);
      await manager.reencrypt("outputs");
      return ticket;
    },
    call: hydrates,
  },
  "`open`": {
    before: binary,
    call: async (manager, { a }: { a: StorageReference | BubustackReference }) => drained(await manager.open(a)),
  },
  "`pick`": { before: two, call: (manager, before) => manager.pick(before, ".a") },
  "`adopt`, binary": { before: binary, call: (manager, before) => manager.adopt(before, { scope: "t" }) },
  "`adopt`, a value": { before: value, call: (manager, before) => manager.adopt(before, { scope: "t" }) },
  "`writeBlob`, `readBlob`, `delete`": {
    call: async (manager) => {
      await manager.writeBlob("outputs/a", "x");
      await manager.readBlob("outputs/a");
      await manager.delete("outputs/a");
    },
  },
  "`release`, of two objects": { before: two, call: (manager) => manager.release("s") },
  "`release`, of two objects, with a tombstone": {
    before: two,
    call: (manager) => manager.release("s", { tombstone: TTL }),
  },
  "`releaseOf`, of two objects": { before: two, call: (manager, before) => manager.releaseOf(before) },
  "`done`, not the last reader": { before: value, call: (manager) => manager.done("s", "a", READERS) },
  "`done`, the last reader of one object": {
    before: async (manager) => {
      await value(manager);
      await manager.done("s", "a", READERS);
    },
    call: (manager) => manager.done("s", "b", READERS),
  },
  "`collect`, nothing is over": { before: value, call: (manager) => manager.collect() },
  "`collect`, within the interval": { before: (manager) => manager.collect(), call: (manager) => manager.collect() },
  "`collect`, one object is over": { options: atAnyAge, before: oneOver, call: (manager) => manager.collect() },
  "`collect`, by `live`": {
    options: atAnyAge,
    before: async (manager) => {
      await value(manager);
      await clock.advance(TTL); // an object that is as old as the pass is young
      return binary(manager);
    },
    call: (manager, before) => manager.collect({ live: [before], minAge: 0 }),
  },
  "`usage`": { before: two, call: (manager) => drained(manager.usage()) },
  "`check`": { call: (manager) => manager.check() },
  "`verify`, two objects": { before: two, call: (manager, before) => manager.verify(before) },
  "`verifyPrefix`, two objects": { before: two, call: (manager) => manager.verifyPrefix("outputs") },
  "`verifyPrefix`, two objects, with payloads": {
    before: two,
    call: (manager, before) => manager.verifyPrefix("outputs", { payloads: [before] }),
  },
  "`reencrypt`, one object of 2 kB": {
    options: encryption("new"),
    before: encrypted(2_000),
    call: (manager) => manager.reencrypt("outputs"),
  },
  "`reencrypt`, one object of 100 kB": {
    options: encryption("new"),
    before: encrypted(100_000),
    call: (manager) => manager.reencrypt("outputs"),
  },
  "`reencrypt`, one object by the active key": {
    options: encryption("old"),
    before: encrypted(100_000),
    call: (manager) => manager.reencrypt("outputs"),
  },
};

it("docs/stores/requests.md has what a manager asks its store for", async () => {
  const counted: Record<string, { calls: number }> = { "`presign`": { calls: 0 } };
  for (const [name, { options, before, call }] of Object.entries(CASES)) {
    const store = new ListedStore();
    const manager = new StorageManager({ store, ...options });
    const given = await before?.(manager, store);
    store.calls.length = 0;
    await call(manager, given as never);
    counted[name] = { calls: requestsOf(store) };
  }
  expectDocumented("What a manager asks for", ["calls"], counted);
});
