// Runs seeded cases: see docs/testing.md.
//
//   npm run test:chaos -- --cases 1000 --from 1     cases with the seeds from 1 on
//   npm run test:chaos -- --seconds 60              as many as there is time for
//   npm run test:chaos -- --seed 42                 one case again
//   npm run test:chaos -- --site file               only cases over this kind of store; repeats --site
//
// That cases fail when the source is broken, test/mutants/ shows.
import process from "node:process";
import { parseArgs } from "node:util";
import { ChaosCase, type CaseReport } from "./chaos-case.js";
import { LeakWatch } from "./leak-watch.js";
import type { SiteKind } from "./site.js";
import { Sites } from "./sites.js";

// The AWS SDK warns on Node 20, which we support, in every process that makes a client.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    cases: { type: "string" },
    seconds: { type: "string" },
    from: { type: "string", default: "1" },
    site: { type: "string", multiple: true },
  },
});
const DEFAULT_CASES = 400;

function wholeNumber(name: "seed" | "cases" | "seconds" | "from"): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a whole number.`);
  return Number(text);
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function runCase(seed: number, sites: Sites): Promise<CaseReport | undefined> {
  const site = await sites.open(seed);
  const chaos = new ChaosCase(seed, site);
  try {
    return await chaos.run();
  } catch (error) {
    const only = values.site?.map((kind) => ` --site ${kind}`).join("") ?? "";
    say(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`);
    if (!(error instanceof Error) || error.constructor === Error) say(String((error as Error).stack));
    say(chaos.describe());
    say(`Again: npm run test:chaos -- --seed ${seed}${only}`);
    return undefined;
  } finally {
    await site.remove();
  }
}

async function runCases(): Promise<boolean> {
  const sites = new Sites(values.site as SiteKind[] | undefined);
  const leaks = new LeakWatch();
  const begin = performance.now();
  const elapsed = (): number => (performance.now() - begin) / 1000;
  const seed = wholeNumber("seed");
  const seconds = wholeNumber("seconds");
  const from = seed ?? wholeNumber("from")!;
  const most = seed === undefined ? (wholeNumber("cases") ?? (seconds === undefined ? DEFAULT_CASES : Infinity)) : 1;
  const sum = { calls: 0, failed: 0, faults: 0, tickets: 0 };
  const bySite: Record<string, number> = {};
  let cases = 0;
  let good = true;
  for (; good && cases < most && elapsed() < (seconds ?? Infinity); cases++) {
    const report = await runCase(from + cases, sites);
    const leak = await leaks.afterCase();
    if (leak !== undefined) say(leak);
    good = report !== undefined && leak === undefined;
    if (report === undefined) break;
    bySite[report.kind] = (bySite[report.kind] ?? 0) + 1;
    for (const what of ["calls", "failed", "faults", "tickets"] as const) sum[what] += report[what];
    if (cases % 500 === 499)
      say(`${cases + 1} cases, ${elapsed().toFixed(0)} s, heap ${(leaks.heap / 1e6).toFixed(0)} MB`);
  }
  await sites.close();
  const left = await leaks.left();
  if (good && left.length > 0) say(`At the end these are left: ${left.join(", ")}`);
  const { calls, failed, faults, tickets } = sum;
  say(
    `${good ? "passed" : "FAILED"}: ${cases} cases (${JSON.stringify(bySite)}) from seed ${from} in ${elapsed().toFixed(0)} s: ` +
      `${calls} calls, of which ${failed} failed as they should, ${faults} faults, ${tickets} references checked`,
  );
  return good && left.length === 0;
}

process.exitCode = (await runCases()) ? 0 : 1;
