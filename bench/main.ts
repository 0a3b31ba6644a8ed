// The benchmark: npm run bench. See docs/benchmarks.md. This file compiles the bench and starts what was compiled.
import { existsSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { compileBench } from "./compile.js";
import { parseOptions, USAGE } from "./options.js";
import { ROOT } from "./root.js";
import type * as Run from "./run.js";

process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

const options = parseOptions(process.argv.slice(2));
if (options === "help") {
  console.log(USAGE);
} else {
  if (!existsSync(join(ROOT, "dist", "esm", "index.js"))) {
    console.log("Building the package: what is measured is what users get.");
    const { status } = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: ROOT, stdio: "inherit" });
    if (status !== 0) process.exit(status ?? 1);
  }
  const build = await compileBench();
  // Payloads of hundreds of megabytes lie there.
  process.once("exit", () => rmSync(build, { recursive: true, force: true }));
  process.once("SIGINT", () => process.exit(130));
  const { run } = (await import(pathToFileURL(join(build, "run.js")).href)) as typeof Run;
  await run(options, join(build, "payloads"));
}
