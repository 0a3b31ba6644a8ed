import { MigratingStore } from "../../../../src/store/compose/migrating/migrating-store.js";
import type { MigrationPhase } from "../../../../src/store/compose/migrating/options.js";
import { FileStore } from "../../../../src/store/drivers/file/file-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import { storeConformance } from "../../../../src/testing/index.js";
import { useDirectories } from "../../drivers/file/file-roots.js";
import { expectStoreMatchesModel } from "../../store-model.js";

// One suite writes the large object of S3: the others write one that is quicker.
const SMALL = { largeObjectSize: 300_001 };
const PHASES: readonly MigrationPhase[] = ["prepare", "move", "drain"];

const newDirectory = useDirectories();
const memories = (phase: MigrationPhase) =>
  new MigratingStore({ from: new MemoryStore(), to: new MemoryStore(), phase });

for (const phase of PHASES) {
  storeConformance({ describe, it }, { name: `migrating, ${phase}`, create: () => memories(phase), ...SMALL });
}

storeConformance(
  { describe, it },
  {
    name: "migrating from files to memory",
    create: async () =>
      new MigratingStore({
        from: new FileStore({ root: await newDirectory(), fsync: false }),
        to: new MemoryStore(),
        phase: "move",
      }),
    ...SMALL,
  },
);

describe("MigratingStore", () => {
  it.each(PHASES)("does what a Map does: %s", async (phase) => {
    await expectStoreMatchesModel(() => memories(phase), { numRuns: 60 });
  });
});
