import { ReplicatedStore } from "../../../../src/store/compose/replicated/replicated-store.js";
import { FileStore } from "../../../../src/store/drivers/file/file-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import { storeConformance } from "../../../../src/testing/index.js";
import { useDirectories } from "../../drivers/file/file-roots.js";
import { expectStoreMatchesModel } from "../../store-model.js";

// One suite writes the large object of S3: the others write one that is quicker.
const SMALL = { largeObjectSize: 300_001 };

const newDirectory = useDirectories();
const two = () => ({ a: new MemoryStore(), b: new MemoryStore() });
const three = () => ({ ...two(), c: new MemoryStore() });

storeConformance(
  { describe, it },
  { name: "replicated over two", create: () => new ReplicatedStore({ stores: two() }), ...SMALL },
);

storeConformance(
  { describe, it },
  {
    name: "replicated over memory and file, all bodies streamed",
    create: async () =>
      new ReplicatedStore({
        stores: { memory: new MemoryStore(), file: new FileStore({ root: await newDirectory(), fsync: false }) },
        maxBufferSize: 0,
      }),
  },
);

storeConformance(
  { describe, it },
  {
    name: "replicated over three, a quorum",
    create: () => new ReplicatedStore({ stores: three(), acknowledge: "quorum" }),
    ...SMALL,
  },
);

storeConformance(
  { describe, it },
  {
    name: "replicated over three, the first",
    create: () => new ReplicatedStore({ stores: three(), acknowledge: "first", maxBufferSize: 1000 }),
    ...SMALL,
  },
);

storeConformance(
  { describe, it },
  { name: "replicated over one", create: () => new ReplicatedStore({ stores: { only: new MemoryStore() } }), ...SMALL },
);

describe("ReplicatedStore", () => {
  it.each([
    ["all", {}],
    ["streamed", { maxBufferSize: 0 }],
    ["quorum", { acknowledge: "quorum" }],
    ["first", { acknowledge: "first", maxBufferSize: 5 }],
  ] as const)("does what a Map does: %s", async (_, options) => {
    await expectStoreMatchesModel(() => new ReplicatedStore({ stores: three(), ...options }), { numRuns: 60 });
  });
});
