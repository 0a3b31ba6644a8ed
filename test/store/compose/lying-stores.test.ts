import {
  FailoverStore,
  MemoryStore,
  MigratingStore,
  ReplicatedStore,
  RoutingStore,
  withFeatures,
  withPrefix,
  type Store,
} from "../../../src/index.js";
import type { ObjectInfo } from "../../../src/store/store.js";
import { failureOf } from "../../support/failure.js";
import { LyingStore } from "../../support/lying-store.js";

async function all(listing: AsyncIterable<ObjectInfo>): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of listing) paths.push(path);
  return paths;
}

interface Composition {
  readonly over: (lying: LyingStore) => Store;
  readonly prefix?: string;
}

const compositions: Record<string, Composition> = {
  prefix: { over: (lying) => withPrefix(lying, "base") },
  "prefix over routing": {
    over: (lying) => withPrefix(new RoutingStore({ primary: new MemoryStore(), schemes: { x: lying } }), "x://c/base"),
  },
  "routing, plain": { over: (lying) => new RoutingStore({ primary: lying }) },
  "routing, absolute": {
    over: (lying) => new RoutingStore({ primary: new MemoryStore(), schemes: { x: lying } }),
    prefix: "x://c/a/",
  },
  failover: { over: (lying) => new FailoverStore({ stores: { good: new MemoryStore(), lying } }) },
  replicated: { over: (lying) => new ReplicatedStore({ stores: { good: new MemoryStore(), lying } }) },
  "migrating, from": { over: (lying) => new MigratingStore({ from: lying, to: new MemoryStore(), phase: "prepare" }) },
  "migrating, to": { over: (lying) => new MigratingStore({ from: new MemoryStore(), to: lying, phase: "move" }) },
  features: { over: (lying) => withFeatures(noMetadata(lying), { simulate: ["metadata"] }) },
};

/** So that metadata is kept beside. */
function noMetadata(store: LyingStore): Store {
  Object.assign(store, { capability: Object.freeze({ ...store.capability, metadata: false }) });
  return store;
}

describe.each(Object.entries(compositions))(
  "%s over a store that lists what lies elsewhere",
  (_, { over, prefix = "a/" }) => {
    it.each(["b/x", "base/b/x", "a", "a/../b", "x://c/b/x", "/a/x", "", 7, null])(
      "hands nothing on: %j",
      async (listed) => {
        for (const isFirst of [true, false]) {
          const lying = new LyingStore(undefined, isFirst);
          const store = over(lying);
          await store.write(`${prefix}mine`, "x");
          lying.listed = listed;
          const error = await failureOf(all(store.list(prefix)));
          expect(error).toMatchObject({ code: "UNEXPECTED", retryable: false, operation: "list", path: prefix });
          await new Promise(setImmediate);
          expect(lying.open).toBe(0);
        }
      },
    );

    it("lists what is there while the store is honest", async () => {
      const store = over(new LyingStore());
      const paths = ["a", "a/1", "a/Ä %", "a/b/c", "ab"].map((path) => `${prefix.slice(0, -2)}${encodeURI(path)}`);
      const written = prefix.includes("://") ? paths : paths.map((path) => decodeURI(path));
      for (const path of written) await store.write(path, "x");
      expect((await all(store.list(prefix))).sort()).toEqual(written.filter((path) => path.startsWith(prefix)).sort());
    });

    it("tells what it is told of another object of the one that was asked for", async () => {
      const store = over(new LyingStore(undefined, true, "somewhere/else"));
      const [from, to] = [`${prefix}from`, `${prefix}to`];
      expect((await store.write(from, "x")).path).toBe(from);
      expect((await store.stat(from))!.path).toBe(from);
      expect((await store.copy(from, to)).path).toBe(to);
      const result = await store.read(to);
      expect([result.info.path, Buffer.from(await result.bytes()).toString()]).toEqual([to, "x"]);
    });
  },
);

it("a scrub mends nothing that a store says lies elsewhere", async () => {
  const lying = new LyingStore("b/x");
  const good = new MemoryStore();
  await good.write("b/x", "other");
  await good.write("a/1", "mine");
  const store = new ReplicatedStore({ stores: { lying, good } });
  expect(await failureOf(store.scrub("a/"))).toMatchObject({ code: "UNEXPECTED", retryable: false });
  expect(await lying.stat("b/x")).toBeUndefined();
});

it("sidecars that are listed again and again do not keep a listing going for ever", async () => {
  const lying = new LyingStore("~coatcheck/x.json", false);
  const store = withFeatures(noMetadata(lying), { simulate: ["metadata"] });
  await store.write("a/1", "x");
  expect(await failureOf(all(store.list("")))).toMatchObject({ code: "UNEXPECTED", retryable: false });
});
