// Writes tables and charts anew from the results that are there: npx tsx bench/report.ts
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chart } from "./report/chart.js";
import { messagesChart, withMessages } from "./report/messages.js";
import { readmeTable } from "./report/readme.js";
import { allResults, readResults, writeFormatted } from "./report/results.js";
import { ROOT } from "./root.js";
import type { MessagesResults } from "./shows/messages-results.js";

const folder = join(ROOT, "bench", "results");
const files = readdirSync(folder);
await writeFormatted(join(folder, "README-table.md"), readmeTable(allResults(folder, files)));
for (const file of files.filter((name) => /^\d+\.json$/.test(name))) {
  await writeFormatted(join(folder, file.replace(".json", ".svg")), chart(readResults(join(folder, file))!));
}
// The pages show one Node, and HTTP.
const messages = join(folder, "messages-20.json");
if (existsSync(messages)) {
  const results = JSON.parse(readFileSync(messages, "utf8")) as MessagesResults;
  const page = join(ROOT, "docs", "benchmarks.md");
  await writeFormatted(join(ROOT, "docs", "pictures", "messages.svg"), messagesChart(results));
  await writeFormatted(page, withMessages(readFileSync(page, "utf8"), results));
}
