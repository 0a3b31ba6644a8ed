import {
  FailoverStore,
  MemoryStore,
  migrate,
  MigratingStore,
  ReplicatedStore,
  RoutingStore,
  TieredStore,
  withFeatures,
  type Store,
} from "../../../src/index.js";
import { ListedStore, requestsOf } from "./listed-store.js";
import { expectDocumented } from "./documented.js";

interface Pair {
  readonly one: Store;
  readonly two: Store;
}

interface Case {
  /** What the store below can't do. */
  readonly lacks?: object;
  readonly call: (stores: Pair) => Promise<unknown>;
}

const failover = (stores: Pair): FailoverStore => new FailoverStore({ stores: { ...stores } });
const replicated = (stores: Pair): ReplicatedStore => new ReplicatedStore({ stores: { ...stores } });
const migrating = ({ one, two }: Pair): MigratingStore => new MigratingStore({ from: one, to: two, phase: "move" });
const described = ({ one }: Pair): Store => withFeatures(one, { simulate: ["metadata"] });
const plain = { metadata: false, contentType: false };

async function readOf(store: Store, path: string): Promise<void> {
  await (await store.read(path)).bytes();
}

async function readAgain(validate: "immutable" | "always", stores: Pair, forget: () => void): Promise<void> {
  const store = new TieredStore({ remote: stores.one, validate });
  await readOf(store, "in-one");
  forget();
  await readOf(store, "in-one");
}

const CASES: Record<string, (forget: () => void) => Case> = {
  "`TieredStore`, `read`, cached": (forget) => ({ call: (stores) => readAgain("immutable", stores, forget) }),
  "`TieredStore`, `read`, not cached": () => ({
    call: ({ one }) => readOf(new TieredStore({ remote: one }), "in-one"),
  }),
  '`TieredStore`, `read`, `validate: "always"`': (forget) => ({
    call: (stores) => readAgain("always", stores, forget),
  }),
  "`RoutingStore`, `read`": () => ({
    call: ({ one, two }) => readOf(new RoutingStore({ primary: one, schemes: { two } }), "two://any/in-two"),
  }),
  "`RoutingStore`, `copy` to another store": () => ({
    call: ({ one, two }) => new RoutingStore({ primary: one, schemes: { two } }).copy("in-one", "two://any/new"),
  }),
  "`FailoverStore`, `write`": () => ({ call: (stores) => failover(stores).write("new", "x") }),
  "`FailoverStore`, `read`, in the first store": () => ({ call: (stores) => readOf(failover(stores), "in-one") }),
  "`FailoverStore`, `read`, in the second store": () => ({ call: (stores) => readOf(failover(stores), "in-two") }),
  "`FailoverStore`, `delete`, two stores": () => ({ call: (stores) => failover(stores).delete("in-one") }),
  "`ReplicatedStore`, `write`, two stores": () => ({ call: (stores) => replicated(stores).write("new", "x") }),
  "`ReplicatedStore`, `read`": () => ({ call: (stores) => readOf(replicated(stores), "in-one") }),
  "`ReplicatedStore`, `delete`, two stores": () => ({ call: (stores) => replicated(stores).delete("in-one") }),
  "`MigratingStore`, `read`, in the new store": () => ({ call: (stores) => readOf(migrating(stores), "in-two") }),
  "`MigratingStore`, `read`, in the old store": () => ({ call: (stores) => readOf(migrating(stores), "in-one") }),
  "`migrate`, one object": () => ({ call: ({ one, two }) => migrate({ from: one, to: two }) }),
  "`withFeatures`, `write`, metadata simulated": () => ({
    lacks: plain,
    call: (stores) => described(stores).write("new", "x", { metadata: { k: "v" } }),
  }),
  "`withFeatures`, `read`, metadata simulated": () => ({
    lacks: plain,
    call: (stores) => readOf(described(stores), "in-one"),
  }),
  "`withFeatures`, `delete`, metadata simulated": () => ({
    lacks: plain,
    call: (stores) => described(stores).delete("in-one"),
  }),
  "`withFeatures`, `ifNoneMatch` simulated": () => ({
    lacks: { ifNoneMatch: false },
    call: ({ one }) => withFeatures(one, { simulate: ["if-absent"] }).write("new", "x", { ifNoneMatch: "*" }),
  }),
};

it("docs/stores/requests.md has what compositions ask their stores for", async () => {
  const counted: Record<string, { calls: number }> = {};
  for (const [name, made] of Object.entries(CASES)) {
    const stores: { one?: ListedStore; two?: ListedStore } = {};
    const forget = (): void => Object.values(stores).forEach(({ calls }) => (calls.length = 0));
    const { call, lacks } = made(forget);
    stores.one = new ListedStore(new MemoryStore(), lacks);
    stores.two = new ListedStore(new MemoryStore(), lacks);
    await stores.one.write("in-one", "x");
    await stores.two.write("in-two", "x");
    forget();
    await call(stores as Pair);
    counted[name] = { calls: requestsOf(stores.one) + requestsOf(stores.two) };
  }
  expectDocumented("What compositions ask for", ["calls"], counted);
});
