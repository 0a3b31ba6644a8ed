import { randomUUID } from "node:crypto";
import { AzureStore } from "../../src/azure.js";
import { storeConformance } from "../../src/testing/index.js";
import { expectStoreMatchesModel } from "../store/store-model.js";
import { azuriteClient, azuriteOptions, createContainer } from "./azurite.js";

let container: string;

beforeAll(async () => {
  container = await createContainer();
});

storeConformance(
  { describe, it },
  {
    name: "AzureStore on Azurite",
    create: () => new AzureStore({ container, ...azuriteOptions(), pageSize: 200, blockSize: 1024 * 1024 }),
    largeObjectSize: 20 * 1024 * 1024 + 1,
    manyObjects: 1_050,
  },
);

storeConformance(
  { describe, it },
  {
    name: "AzureStore on Azurite, by a client of the caller, under a prefix",
    create: () => new AzureStore({ container, client: azuriteClient(container), prefix: "a prefix/ü+%./😀" }),
  },
);

it("does what a map does", async () => {
  const create = () => new AzureStore({ container, ...azuriteOptions(), prefix: randomUUID(), pageSize: 3 });
  await expectStoreMatchesModel(create, { numRuns: 40 });
});
