import { MigratingStore } from "../../../../src/store/compose/migrating/migrating-store.js";
import { expectToWithstandFaults } from "../composition.js";

describe("10,000 operations under faults: MigratingStore", () => {
  it.each(["prepare", "move", "drain"] as const)("%s", (phase) =>
    expectToWithstandFaults({
      name: phase,
      create: ({ faulty }) => new MigratingStore({ from: faulty(), to: faulty(), phase }),
      mode: "immutable",
    }),
  );
});
