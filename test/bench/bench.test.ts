import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { isMeasured } from "../../bench/measure/row.js";
import { longestStall } from "../../bench/measure/stall.js";
import { median, spread } from "../../bench/measure/statistics.js";
import type { Results } from "../../bench/report/results.js";

const run = promisify(execFile);

jest.setTimeout(60_000);

/** Keeps the event loop from doing anything else. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe("a quick run on a memory store", () => {
  let folder: string;
  let results: Results;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "coatcheck-bench-"));
    const contenders = ["coatcheck", "JSON", "recursive"].flatMap((name) => ["--contender", name]);
    const options = ["--quick", "--only", "compare", "--storage", "memory", ...contenders, "--output", folder];
    await run(process.execPath, ["node_modules/tsx/dist/cli.mjs", "bench/main.ts", ...options]);
    const [major] = process.versions.node.split(".");
    results = JSON.parse(readFileSync(join(folder, `${major!}-partial.json`), "utf8")) as Results;
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("measures every contender on every payload, and none gives back anything else than was handed in", () => {
    const { rows } = results.compare!;
    const keys = rows.map((row) => `${row.case} ${row.contender}`);
    expect(new Set(keys).size).toBe(3 * new Set(rows.map((row) => row.case)).size);
    expect(rows.filter((row) => !isMeasured(row))).toEqual([]);
  });

  it("counts requests, and the bytes that are sent and that stay", () => {
    const rows = results.compare!.rows.filter(isMeasured).filter((row) => row.case === "many-1350x2KiB");
    const ours = rows.find(({ contender }) => contender === "coatcheck")!;
    const floor = rows.find(({ contender }) => contender === "JSON")!;
    const recursive = rows.find(({ contender }) => contender === "recursive")!;
    expect(floor).toMatchObject({ bytesSent: 0, inlineBytes: floor.payloadBytes, dehydrate: { ratio: 1 } });
    expect(recursive.dehydrate.requests.total).toBe(1351); // one for each value, and one for what is left
    expect(ours.dehydrate.requests.total).toBeLessThanOrEqual(2);
    expect(ours.bytesSent).toBeGreaterThan(1350 * 2048);
    expect(ours.inlineBytes).toBeLessThan(262_144);
    expect(ours.planMs!.median).toBeGreaterThan(0);
  });

  it("says on what it was measured, and names neither hosts nor paths", () => {
    expect(results.machine).toMatchObject({ node: process.versions.node, v8: process.versions.v8 });
    expect(Object.keys(results.versions)).toEqual(["coatcheck", "JSON", "recursive", "@aws-sdk/client-s3"]);
    expect(JSON.stringify(results)).not.toContain(process.cwd());
  });
});

it("refuses arguments that make no sense", async () => {
  const failed = run(process.execPath, ["node_modules/tsx/dist/cli.mjs", "bench/main.ts", "--only", "nothing"]);
  await expect(failed).rejects.toMatchObject({ stderr: expect.stringContaining("--only knows") });
});

describe("longestStall", () => {
  it("sees one long block", async () => {
    const stall = await longestStall(async () => {
      block(200);
      await Promise.resolve();
    });
    expect(stall).toBeGreaterThan(195);
  });

  it("sees the longest of several, not their sum", async () => {
    const begin = performance.now();
    const stall = await longestStall(async () => {
      for (let times = 0; times < 10; times++) {
        block(40);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    });
    expect(stall).toBeGreaterThan(35);
    expect(stall).toBeLessThan(performance.now() - begin);
  });
});

it("takes the median of what it measures", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
  expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, count: 3 });
});
