import { withConcurrencyLimit } from "../../../../src/store/layers/concurrency-limit.js";
import { withRetry } from "../../../../src/store/layers/retry.js";
import { withTimeout } from "../../../../src/store/layers/timeout.js";
import { RoutingStore } from "../../../../src/store/compose/routing/routing-store.js";
import { FileStore } from "../../../../src/store/drivers/file/file-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import type { Store } from "../../../../src/store/store.js";
import { storeConformance } from "../../../../src/testing/index.js";
import { useDirectories } from "../../drivers/file/file-roots.js";
import { expectStoreMatchesModel } from "../../store-model.js";
import { AbsoluteView } from "../absolute-view.js";

const newDirectory = useDirectories();
const files = async (): Promise<Store> => new FileStore({ root: await newDirectory(), fsync: false });
const opened = (): Promise<Store> => Promise.resolve(new MemoryStore());

const quick = { largeObjectSize: 1_000_001 };

/** A routing store seen through the absolute paths of one container. */
function view(routing: Store, target: Store, root = "mem://c/"): Store {
  return new AbsoluteView(routing, target.capability, root);
}

storeConformance(
  { describe, it },
  {
    ...quick,
    name: "RoutingStore over files, by plain paths",
    create: async () => new RoutingStore({ primary: await files(), schemes: { mem: opened } }),
  },
);

storeConformance(
  { describe, it },
  {
    ...quick,
    name: "RoutingStore over memory, by plain paths",
    create: async () => new RoutingStore({ primary: new MemoryStore(), schemes: { file: await files() } }),
  },
);

storeConformance(
  { describe, it },
  {
    ...quick,
    name: "RoutingStore over files, by absolute paths of a memory store that is opened when it is used",
    create: async () => view(new RoutingStore({ primary: await files(), schemes: { mem: opened } }), new MemoryStore()),
  },
);

storeConformance(
  { describe, it },
  {
    ...quick,
    name: "RoutingStore over memory, by absolute paths of files",
    create: async () => {
      const file = await files();
      return view(new RoutingStore({ primary: new MemoryStore(), schemes: { file } }), file, "file:///");
    },
  },
);

storeConformance(
  { describe, it },
  {
    ...quick,
    name: "Layers over a RoutingStore over files, by absolute paths of a memory store",
    create: async () => {
      const routing = new RoutingStore({ primary: await files(), schemes: { mem: opened } });
      return view(
        withRetry(withTimeout(withConcurrencyLimit(routing, { limit: 8 }), { timeout: 30_000 })),
        new MemoryStore(),
      );
    },
  },
);

describe("RoutingStore", () => {
  it("does what a Map does, by plain paths", async () => {
    await expectStoreMatchesModel(() => new RoutingStore({ primary: new MemoryStore(), schemes: { mem: opened } }));
  });

  it("does what a Map does, by absolute paths", async () => {
    const create = (): Store =>
      view(new RoutingStore({ primary: new MemoryStore(), schemes: { mem: opened } }), new MemoryStore());
    await expectStoreMatchesModel(create);
  });
});
