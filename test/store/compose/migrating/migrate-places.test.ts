import { MemoryStore, migrate, RoutingStore, withPrefix, withRetry, type Store } from "../../../../src/index.js";
import { failureOf } from "../../../support/failure.js";

async function filled(paths: readonly string[]): Promise<Store> {
  const store = new MemoryStore();
  for (const path of paths) await store.write(path, `of ${path}`);
  return store;
}

async function pathsOf(store: Store): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list("")) paths.push(path);
  return paths;
}

describe("migrate between places in one store", () => {
  it.each<[string, (store: Store) => [from: Store, to: Store, prefix?: string]]>([
    ["a prefix of the same store", (store) => [store, withPrefix(store, "new")]],
    ["layers over a prefix of it", (store) => [withRetry(store, {}), withRetry(withPrefix(store, "a/new"), {}), "a/"]],
    ["a prefix within a prefix", (store) => [withPrefix(store, "a"), withPrefix(withPrefix(store, "a"), "new")]],
    ["a store from its prefix, where names repeat", (store) => [withPrefix(store, "a/b"), withPrefix(store, "a")]],
  ])("refuses %s, before anything is written", async (_, stores) => {
    const store = await filled(["a/b/b/x", "a/b/x"]);
    const [from, to, prefix] = stores(store);
    const error = await failureOf(migrate({ from, to, prefix }));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", operation: "migrate" });
    expect(error.message).toContain("Copy to a place apart");
    expect(await pathsOf(store)).toEqual(["a/b/b/x", "a/b/x"]);
  });

  it("takes two places in one store where no copy is copied in turn", async () => {
    const store = await filled(["a/b/x", "a/c"]);
    expect(await migrate({ from: store, to: withPrefix(store, "new"), prefix: "a/" })).toMatchObject({ copied: 2 });
    expect(await migrate({ from: withPrefix(store, "a/b"), to: withPrefix(store, "a") })).toMatchObject({ copied: 1 });
    expect(await migrate({ from: withPrefix(store, "a"), to: withPrefix(store, "z") })).toMatchObject({ copied: 3 });
    const router = new RoutingStore({ primary: store, schemes: { other: new MemoryStore() } });
    const other = withPrefix(router, "other://bucket/");
    expect(await migrate({ from: withPrefix(router, "a"), to: other })).toMatchObject({ copied: 3 });
  });
});
