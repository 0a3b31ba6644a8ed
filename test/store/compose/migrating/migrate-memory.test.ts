import { memoryOfMigration, MIB } from "./migrate-memory.js";

it("goes over 100,000 objects in the memory of a few", async () => {
  const { took, kept, ...result } = await memoryOfMigration(100_000);
  expect(result).toMatchObject({ copied: 10_000, skipped: 90_000, undone: 0, failed: 0, bytes: 1_000_000 });
  // Measured: 1 MiB, for a million as for these. The paths alone are 5.
  expect(kept).toBeLessThan(4 * MIB);
  expect(took).toBeLessThan(150 * MIB);
});
