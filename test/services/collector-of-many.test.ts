import { assertListsInLittleMemory } from "../support/collecting/many-objects.js";
import { soak } from "../support/collecting/soak.js";

// They need no service, but take as long.
jest.setTimeout(600_000);

it("usage and collect list a million objects in little memory", () => assertListsInLittleMemory(1_000_000));

it("100,000 calls of writers, readers and collectors over faults leave nothing, and lose nothing", async () => {
  const report = await soak(Number(process.env["SOAK_EVENTS"] ?? 100_000), Number(process.env["SOAK_SEED"] ?? 1));
  expect(report).toMatchObject({ dangling: [], left: [] });
  for (const count of [report.written, report.read, report.faults, report.passes]) expect(count).toBeGreaterThan(200);
});
