import { RoutingStore } from "../../../../src/store/compose/routing/routing-store.js";
import { TieredStore } from "../../../../src/store/layers/tiered/tiered-store.js";
import { MemoryStore } from "../../../../src/store/drivers/memory-store.js";
import { storeConformance } from "../../../../src/testing/index.js";
import { expectStoreMatchesModel } from "../../store-model.js";
import { AbsoluteView } from "../../compose/absolute-view.js";

jest.setTimeout(30_000);

const MODES = [
  { validate: "immutable" },
  { validate: "maxAge", ttl: 60_000 },
  { validate: "always", staleIfError: true },
] as const;

const SMALL = { largeObjectSize: 200_000 };

// Room for a few of the small objects of the suite at a time, so that copies make room for others.
const TIGHT = { maxBytes: 8192, maxObjectSize: 4096 };

for (const mode of MODES) {
  const create = (): TieredStore => new TieredStore({ remote: new MemoryStore(), ...mode });
  storeConformance({ describe, it }, { name: `TieredStore, ${mode.validate}`, create, ...SMALL });

  it(`does what a Map does, ${mode.validate}`, async () => {
    await expectStoreMatchesModel(create, { numRuns: 50 });
    await expectStoreMatchesModel(() => new TieredStore({ remote: new MemoryStore(), ...mode, ...TIGHT }), {
      numRuns: 50,
    });
  });
}

storeConformance(
  { describe, it },
  {
    name: "TieredStore with little room",
    create: () => new TieredStore({ remote: new MemoryStore(), ...TIGHT }),
    ...SMALL,
  },
);

/** Routes to two stores, in whose paths nothing tells one from the other. */
function overRouting(): TieredStore {
  const remote = new RoutingStore({ primary: new MemoryStore(), schemes: { far: new MemoryStore() } });
  return new TieredStore({ remote });
}

storeConformance({ describe, it }, { name: "TieredStore over a RoutingStore", create: overRouting, ...SMALL });

storeConformance(
  { describe, it },
  {
    name: "TieredStore over a RoutingStore, absolute paths",
    create: () => new AbsoluteView(overRouting(), new MemoryStore().capability, "far://box/"),
    ...SMALL,
  },
);
