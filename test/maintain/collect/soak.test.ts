import { soak } from "../../support/collecting/soak.js";

// 100,000 of them: test/services/collector-of-many.test.ts. SOAK_EVENTS=10000 SOAK_SEED=7 npx jest test/maintain/collect/soak
const EVENTS = Number(process.env["SOAK_EVENTS"] ?? 2000);
const SEED = Number(process.env["SOAK_SEED"] ?? 1);

it("writers, readers that say twice that they are done, and collectors over faults leave nothing, and lose nothing", async () => {
  const report = await soak(EVENTS, SEED);
  expect(report).toMatchObject({ dangling: [], left: [] });
  expect(report.events).toBeGreaterThanOrEqual(EVENTS);
  for (const count of [report.written, report.read, report.faults]) expect(count).toBeGreaterThan(50);
  expect(report.passes).toBeGreaterThan(2);
});
