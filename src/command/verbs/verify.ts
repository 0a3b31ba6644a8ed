import type { VerifyProblem, VerifyReport } from "../../maintain/verify/report.js";
import { EXIT } from "../exit-codes.js";
import { usageFailure } from "../failure.js";
import { assertDirectory } from "../missing-directory.js";
import { readPayload, readPayloads } from "../payload.js";
import { Rows } from "../rows.js";
import type { RunVerb, VerbCall } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

export const run: RunVerb = async (call) => {
  const { output } = call;
  const problems = new Rows<VerifyProblem>();
  let report: VerifyReport | undefined;
  const work = verify(call, problems.add).then((told) => (report = told));
  await output.list({
    name: "problems",
    rows: problems.of(work),
    columns: [
      { title: "KIND", width: 9, text: ({ kind }) => kind },
      { title: "CODE", width: 18, text: ({ error }) => error?.code },
      { title: "PATH", width: 60, text: ({ path }) => path },
      { title: "AT", width: 0, text: ({ at, foundIn }) => [at, foundIn].filter(Boolean).join(" in ") || undefined },
    ],
    json: ({ error, ...problem }) => ({ ...problem, ...(error && { code: error.code, message: error.message }) }),
    rest: () => countsOf(report!),
  });
  const { ok, objects, references, unchecked } = report!;
  call.progress.end();
  if (output.form === "text") {
    const unseen = unchecked === 0 ? "" : `, of ${unchecked} only the digest`;
    call.say(
      `coatcheck: ${objects} objects and ${references} references were verified${unseen}${ok ? ": all is well" : ""}`,
    );
  }
  return ok ? EXIT.fine : EXIT.problems;
};

async function verify(call: VerbCall, onProblem: (problem: VerifyProblem) => unknown): Promise<VerifyReport> {
  const { args, options, terminal, progress, signal, goOnWith } = call;
  const { prefix, all, live, startAfter } = options as FlagsOf<"verify">;
  const isOfPrefix = prefix !== undefined || all === true;
  if (isOfPrefix && args[0] !== undefined) throw usageFailure("verify takes a payload, or --prefix or --all.");
  if (!isOfPrefix && (live ?? startAfter) !== undefined)
    throw usageFailure("--live and --start-after go with --prefix or --all.");
  const how = {
    signal,
    onProblem,
    maxProblems: 1,
    onProgress: ({ objects, lastPath }: { objects: number; lastPath?: string }): void => {
      progress.show(() => `${objects} objects`);
      if (lastPath !== undefined) goOnWith(`--start-after ${JSON.stringify(lastPath)}`);
    },
  };
  if (!isOfPrefix) return (await call.manager()).verify(await readPayload(args[0], terminal), how);
  await assertDirectory(call);
  const payloads = live === undefined ? undefined : await readPayloads(live, terminal);
  return (await call.manager()).verifyPrefix(prefix ?? "", { ...how, startAfter, payloads });
}

function countsOf({
  ok,
  objects,
  bytes,
  references,
  missing,
  corrupt,
  orphaned,
  refused,
  unchecked,
}: VerifyReport): object {
  return { ok, objects, bytes, references, missing, corrupt, orphaned, refused, unchecked };
}
