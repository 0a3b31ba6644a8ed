// Writes tables and charts anew from the results that are there: npx tsx bench/report.ts
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chart } from "./report/chart.js";
import { messagesChart, messagesRuns, withMessages } from "./report/messages.js";
import { readmeTable } from "./report/readme.js";
import { allResults, readResults, writeFormatted } from "./report/results.js";
import { ROOT } from "./root.js";

const folder = join(ROOT, "bench", "results");
const files = readdirSync(folder);
await writeFormatted(join(folder, "README-table.md"), readmeTable(allResults(folder, files)));
for (const file of files.filter((name) => /^\d+\.json$/.test(name))) {
  await writeFormatted(join(folder, file.replace(".json", ".svg")), chart(readResults(join(folder, file))!));
}
// The chart shows one Node, and HTTP.
if (files.includes("messages-20.json")) {
  const { results, others } = messagesRuns(folder);
  const page = join(ROOT, "docs", "benchmarks.md");
  await writeFormatted(join(ROOT, "docs", "pictures", "messages.svg"), messagesChart(results));
  await writeFormatted(page, withMessages(readFileSync(page, "utf8"), results, others));
}
