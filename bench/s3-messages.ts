// Messages a second of CPU: npx tsx bench/s3-messages.ts [--tls] [rounds [contender ...]], after npm run build and npm ci --prefix bench.
// See docs/benchmarks.md.
import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { compileBench } from "./compile.js";
import { nodeMajor, writeFormatted } from "./report/results.js";
import { ROOT } from "./root.js";
import type * as Messages from "./shows/s3-messages-run.js";

process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

const given = process.argv.slice(2);
const [rounds = "3", ...contenders] = given.filter((word) => word !== "--tls");
const build = await compileBench();
process.once("exit", () => rmSync(build, { recursive: true, force: true }));
const { measureMessages } = (await import(
  pathToFileURL(join(build, "shows", "s3-messages-run.js")).href
)) as typeof Messages;
const results = await measureMessages({
  rounds: Number(rounds),
  ...(contenders.length > 0 && { contenders }),
  tls: given.includes("--tls"),
});
// A run of some contenders only takes the place of no whole one.
const part = contenders.length > 0 ? "-partial" : "";
const name = `messages-${nodeMajor()}${results.tls ? "-tls" : ""}${part}.json`;
await writeFormatted(join(ROOT, "bench", "results", name), JSON.stringify(results));
