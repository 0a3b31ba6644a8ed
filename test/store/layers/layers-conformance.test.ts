import { FileStore } from "../../../src/store/drivers/file/index.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import {
  withCircuitBreaker,
  withConcurrencyLimit,
  withPrefix,
  withRetry,
  withTimeout,
  withUsageLimits,
} from "../../../src/store/layers/index.js";
import type { Store } from "../../../src/store/store.js";
import { storeConformance } from "../../../src/testing/index.js";
import { useDirectories } from "../drivers/file/file-roots.js";
import { expectStoreMatchesModel } from "../store-model.js";
import { recommendedStack } from "./recommended-stack.js";

const layers: Record<string, (store: Store) => Store> = {
  withRetry: (store) => withRetry(store),
  withTimeout: (store) => withTimeout(store, { timeout: 10_000 }),
  // Cases that use the store while a body is open need two slots.
  "withConcurrencyLimit of 2": (store) => withConcurrencyLimit(store, { limit: 2 }),
  withCircuitBreaker: (store) => withCircuitBreaker(store, { failures: 1 }),
  withUsageLimits: (store) => withUsageLimits(store, { requests: 1e6, egressBytes: 1e9, ingressBytes: 1e9 }),
  withPrefix: (store) => withPrefix(store, "tenants/42"),
  "the recommended stack": (store) => recommendedStack(store).store,
};

for (const [name, layer] of Object.entries(layers)) {
  storeConformance({ describe, it }, { name, create: () => layer(new MemoryStore()), largeObjectSize: 200_000 });
}

describe("the recommended stack over files", () => {
  const directory = useDirectories();
  const create = async (): Promise<Store> =>
    recommendedStack(new FileStore({ root: await directory(), fsync: false })).store;
  storeConformance({ describe, it }, { name: "FileStore", create, largeObjectSize: 200_000 });
});

describe("what a Map does", () => {
  it.each(["withPrefix", "withRetry", "the recommended stack"])("%s does", async (name) => {
    await expectStoreMatchesModel(() => layers[name]!(new MemoryStore()), { numRuns: 50 });
  });
});
