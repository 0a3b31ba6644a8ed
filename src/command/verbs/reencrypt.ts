import { confirm } from "../confirm.js";
import { EXIT } from "../exit-codes.js";
import { assertDirectory } from "../missing-directory.js";
import type { RunVerb } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

export const run: RunVerb = async (call) => {
  const { args, options, output, progress, signal, goOnWith } = call;
  const [prefix = ""] = args;
  const { startAfter, dryRun = false } = options as FlagsOf<"reencrypt">;
  const manager = await call.manager();
  await assertDirectory(call);
  await confirm(call, `Encrypt again what lies below ${JSON.stringify(prefix)}`);
  const report = await manager.reencrypt(prefix, {
    ...{ startAfter, dryRun, signal },
    onProgress: ({ objects, reencrypted, lastPath }) => {
      progress.show(() => `${objects} objects, ${reencrypted} encrypted again`);
      if (lastPath !== undefined) goOnWith(`--start-after ${JSON.stringify(lastPath)}`);
    },
  });
  progress.end();
  const { failures, ...counts } = report;
  for (const { error } of failures) call.say(`coatcheck: ${error.message}`);
  await output.document(
    { dryRun, ...counts, failures: failures.map(({ path, error }) => ({ path, code: error.code })) },
    () =>
      (["objects", "reencrypted", "current", "unencrypted", "failed"] as const).map(
        (name) => `${name.padEnd(12)}${counts[name]}`,
      ),
  );
  return report.failed > 0 ? EXIT.inPart : EXIT.fine;
};
