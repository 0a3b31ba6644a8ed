// npm run demo [-- --root DIR] [-- --rows N]
import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { FileStore, StorageManager } from "coatcheck";
import { loadDeliveries, type Delivery } from "./deliveries.js";
import { exchangeMessages, type MessageReport } from "./messages.js";
import { formatCount, renderTable } from "./table.js";
import { RunTally, emptyTally, sumTallies, type Tally } from "./tally.js";
import { enrich, originOf, receive, renderReport, report, scopeOf, type Reported } from "./workflow.js";

const MESSAGE_LIMIT = 8 * 1024;

const { values: args } = parseArgs({
  options: { root: { type: "string" }, rows: { type: "string", default: "15" } },
});
const root = args.root === undefined ? await mkdtemp(join(tmpdir(), "coatcheck-demo-")) : resolve(args.root);
const store = new FileStore({ root });
const manager = new StorageManager({ store });
const deliveries = loadDeliveries();
const started = performance.now();

const tallies: Tally[] = [];
for (const event of new Set(deliveries.map((delivery) => delivery.event))) {
  const tally = emptyTally(event);
  tallies.push(tally);
  const runs = deliveries.filter((delivery) => delivery.event === event);
  await Promise.all(runs.map((delivery) => runWorkflow(delivery, tally)));
}
const total = sumTallies("total", tallies);

console.log(`Workflow: receive, enrich, report over ${formatCount(total.deliveries)} webhook deliveries of GitHub.`);
console.log("Bytes are the JSON of what the three steps gave: as it would be whole, and as it travelled.\n");
console.log(renderTable(tallies, Number(args.rows)));
console.log(
  `\nEvery payload was compared with the original on its way out: ${formatCount(total.deliveries)} of them are equal.`,
);

const messages = await exchangeMessages(store, deliveries, MESSAGE_LIMIT);
console.log(`\n${describeMessages(messages)}`);

console.log(`\nTook ${((performance.now() - started) / 1000).toFixed(1)} s. The objects of the workflow lie in`);
console.log(join(root, "outputs", "demo"));
await manager.close();

/** Takes one delivery through the three steps, and compares what comes out with what a run without a store gives. */
async function runWorkflow(delivery: Delivery, tally: Tally): Promise<void> {
  const scope = scopeOf(delivery);
  const run = new RunTally(tally);
  const expected = expectedOf(delivery);

  const received = await receive(manager, delivery);
  run.add({ event: expected.event, delivery: expected.delivery }, received);
  const enriched = await enrich(manager, received, scope);
  run.add({ ...expected, report: undefined }, enriched);
  const reported = await report(manager, enriched, scope);
  run.add(expected, reported);

  assert.deepStrictEqual(await manager.hydrate(reported), JSON.parse(JSON.stringify(expected)));
  const stored: string[] = [];
  for await (const { path } of manager.list(`outputs/${scope}/`)) stored.push(path);
  tally.objects += stored.length;
}

function expectedOf({ event, body }: Delivery): Reported {
  const enriched = { event, delivery: body, origin: originOf(body) };
  return { ...enriched, report: renderReport(enriched) };
}

function describeMessages(report: MessageReport): string {
  return [
    `Messages: a producer and a consumer, and a queue that takes no message over ${formatCount(MESSAGE_LIMIT)} bytes.`,
    "Each carries a delivery and a binary attachment.\n",
    `  sent and received    ${formatCount(report.messages)}, each compared with what was sent`,
    `  too large as is      ${formatCount(report.tooLarge)}`,
    `  largest, in bytes    ${formatCount(report.largestBefore)} before, ${formatCount(report.largestAfter)} as sent`,
    `  all, in bytes        ${formatCount(report.bytesBefore)} before, ${formatCount(report.bytesAfter)} as sent`,
    `  objects released     ${formatCount(report.released)}, each message's once it was processed`,
  ].join("\n");
}
