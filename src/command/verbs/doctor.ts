import { examine, verdictOf, type Examination } from "../../inspector/doctor/examination.js";
import type { Finding } from "../../inspector/doctor/finding.js";
import { EXIT } from "../exit-codes.js";
import { noteMissingDirectory } from "../missing-directory.js";
import { Rows } from "../rows.js";
import type { RunVerb } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

export const run: RunVerb = async (call) => {
  const { quick = false } = call.options as FlagsOf<"doctor">;
  const { output, signal } = call;
  const [manager, store] = [await call.manager(), await call.store()];
  await noteMissingDirectory(call);
  const findings = new Rows<Finding>();
  let examination: Examination | undefined;
  const work = examine(manager, store, quick, signal, findings.add).then((told) => (examination = told));
  await output.list({
    name: "findings",
    rows: findings.of(work),
    columns: [
      { title: "PROBE", width: 13, text: ({ probe }) => probe },
      { title: "DECLARED", width: 8, text: ({ declared }) => wordFor(declared) },
      { title: "SEEN", width: 5, text: ({ seen }) => wordFor(seen) },
      { title: "VERDICT", width: 7, text: ({ verdict }) => verdict },
      { title: "MS", width: 6, isNumber: true, text: ({ ms }) => ms },
      { title: "NOTE", width: 0, text: ({ note }) => note },
    ],
    rest: () => ({ store: store.name, verdict: verdictOf(examination!), capability: examination!.capability }),
  });
  if (output.form === "text") {
    call.say(`coatcheck: ${verdictOf(examination!)}`);
    await output.write(`capability: ${JSON.stringify(examination!.capability)}\n`);
  }
  return examination!.findings.some(({ verdict }) => verdict === "wrong") ? EXIT.problems : EXIT.fine;
};

function wordFor(answer: boolean | undefined): string | undefined {
  return answer === undefined ? undefined : answer ? "yes" : "no";
}
