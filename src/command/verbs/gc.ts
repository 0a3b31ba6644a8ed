import type { CollectedObject, CollectOptions, CollectReport } from "../../maintain/collect/report.js";
import { confirm } from "../confirm.js";
import { EXIT } from "../exit-codes.js";
import { noteMissingDirectory } from "../missing-directory.js";
import { readPayloads } from "../payload.js";
import { Rows } from "../rows.js";
import type { RunVerb, VerbCall } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

type Flags = FlagsOf<"gc">;

export const run: RunVerb = async (call) => {
  const { output } = call;
  const { explain = false } = call.options as Flags;
  const objects = new Rows<CollectedObject>();
  const work = collect(call, explain ? objects.add : undefined);
  let report: CollectReport | undefined;
  if (explain) {
    await output.list({
      name: "objects",
      rows: objects.of(work.then((told) => (report = told))),
      columns: [
        { title: "OUTCOME", width: 10, text: ({ outcome }) => outcome },
        { title: "SIZE", width: 12, isNumber: true, text: ({ size }) => size },
        { title: "PATH", width: 0, text: ({ path }) => path },
      ],
      rest: () => ({ ...report! }),
    });
  }
  report ??= await work;
  call.progress.end();
  const summary = summaryOf(report);
  if (!explain) await output.document({ ...report }, () => summary);
  else if (output.form === "text") summary.forEach(call.say);
  return report.failed > 0 ? EXIT.inPart : EXIT.fine;
};

async function collect(call: VerbCall, onObject: CollectOptions["onObject"]): Promise<CollectReport> {
  const { terminal, progress, signal, options } = call;
  const { dryRun = false, live, prefix, allowEmpty, minAge, maxScan, maxDelete } = options as Flags;
  const payloads = live === undefined ? undefined : await readPayloads(live, terminal);
  const manager = await call.manager();
  await noteMissingDirectory(call);
  await confirm(call, "Delete what is over");
  return manager.collect({
    ...{ prefix, allowEmpty, minAge, maxScan, maxDelete, dryRun, onObject, signal },
    all: true,
    live: payloads,
    onProgress: ({ scanned, deleted }) => progress.show(() => `${scanned} objects, ${deleted} deleted`),
  });
}

function summaryOf({ dryRun, scanned, deleted, deletedBytes, failed, kept, complete }: CollectReport): string[] {
  const counts = Object.entries(kept).filter(([, count]) => count > 0);
  return [
    `scanned    ${scanned}`,
    `${dryRun ? "would go" : "deleted "}   ${deleted} (${deletedBytes} bytes)`,
    ...counts.map(([why, count]) => `${why.padEnd(11)}${count}`),
    ...(failed > 0 ? [`failed     ${failed}`] : []),
    ...(complete ? [] : ["not complete: the next pass goes on"]),
  ];
}
