import { confirm } from "../confirm.js";
import { noteMissingDirectory } from "../missing-directory.js";
import type { RunVerb } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

export const run: RunVerb = async (call) => {
  const { prefix, tombstone, dryRun = false } = call.options as FlagsOf<"release">;
  const scope = call.args[0]!;
  const manager = await call.manager();
  await noteMissingDirectory(call);
  await confirm(call, `Delete all objects of the scope ${JSON.stringify(scope)}`);
  const { deleted } = await manager.release(scope, { prefix, tombstone, dryRun, signal: call.signal });
  await call.output.document(
    { dryRun, scope, deleted },
    () => `${deleted} objects ${dryRun ? "would be" : "were"} deleted`,
  );
};
