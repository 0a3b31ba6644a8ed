import { FailoverStore } from "../../../../src/store/compose/failover/failover-store.js";
import { FileStore } from "../../../../src/store/drivers/file/file-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import { storeConformance } from "../../../../src/testing/index.js";
import { useDirectories } from "../../drivers/file/file-roots.js";
import { expectStoreMatchesModel } from "../../store-model.js";

// One suite writes the large object of S3: the others write one that is quicker.
const SMALL = { largeObjectSize: 300_001 };

const newDirectory = useDirectories();
const memories = () => ({ a: new MemoryStore(), b: new MemoryStore(), c: new MemoryStore() });
const unknown = (): Promise<string[]> => Promise.reject(new Error("The index is away."));

storeConformance(
  { describe, it },
  { name: "failover over three", create: () => new FailoverStore({ stores: memories() }), ...SMALL },
);

storeConformance(
  { describe, it },
  {
    name: "failover over memory and file, asked in parallel",
    create: async () =>
      new FailoverStore({
        stores: { memory: new MemoryStore(), file: new FileStore({ root: await newDirectory(), fsync: false }) },
        broadcast: { mode: "parallel" },
        verifyRanges: true,
      }),
  },
);

storeConformance(
  { describe, it },
  {
    name: "failover without its locator, all bodies streamed",
    create: () => new FailoverStore({ stores: memories(), locator: unknown, maxBufferSize: 0 }),
    ...SMALL,
  },
);

storeConformance(
  { describe, it },
  { name: "failover over one", create: () => new FailoverStore({ stores: { only: new MemoryStore() } }), ...SMALL },
);

describe("FailoverStore", () => {
  it.each([
    ["buffered", {}],
    ["streamed", { maxBufferSize: 0 }],
    ["with its locator away", { locator: unknown, broadcast: { mode: "parallel" } }],
    ["with a locator", { locator: () => Promise.resolve(["b", "a", "c"]) }],
  ] as const)("does what a Map does: %s", async (_, options) => {
    await expectStoreMatchesModel(() => new FailoverStore({ stores: memories(), ...options }), { numRuns: 60 });
  });
});
