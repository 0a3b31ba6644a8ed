import { randomUUID } from "node:crypto";
import { GcsStore } from "../../src/gcs.js";
import { storeConformance } from "../../src/testing/index.js";
import { expectStoreMatchesModel } from "../store/store-model.js";
import { emulatorOptions, useEmulator } from "./gcs.js";

beforeAll(() => useEmulator());

// The emulator ignores every condition and takes no chunks, and no option tells the store so: by default it advertises
// neither where the endpoint is not Google's. Conditions and chunks run against a server of ours in test/store/drivers/gcs/.
storeConformance(
  { describe, it },
  {
    name: "GcsStore on an emulator",
    create: () => new GcsStore(emulatorOptions({ prefix: randomUUID() })),
    largeObjectSize: 20 * 1024 * 1024 + 1,
    manyObjects: 1_050,
  },
);

storeConformance(
  { describe, it },
  {
    name: "GcsStore on an emulator, in small requests, in a bucket of its own",
    create: () => new GcsStore(emulatorOptions({ bucket: randomUUID(), chunkSize: 256 * 1024 })),
  },
);

it("does what a Map does, on an emulator", async () => {
  await expectStoreMatchesModel(() => new GcsStore(emulatorOptions({ prefix: `model/${randomUUID()}/ü+%` })), {
    numRuns: 25,
  });
});
