import { doneMarker } from "../../object/reserved-names.js";
import { confirm } from "../confirm.js";
import { usageFailure } from "../failure.js";
import type { RunVerb, VerbCall } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

type Flags = FlagsOf<"done">;

export const run: RunVerb = async (call) => {
  const { options, signal, output } = call;
  const { readers: names, prefix, dryRun = false } = options as Flags;
  const [scope, reader] = call.args as [string, string];
  const readers = (names ?? "").split(",").filter((name) => name !== "");
  if (!readers.includes(reader))
    throw usageFailure("--readers names all readers, the one that is done among them: a,b,c.");
  const manager = await call.manager();
  await confirm(
    call,
    `Note that ${JSON.stringify(reader)} is done with ${JSON.stringify(scope)}, and release it after the last reader`,
  );
  const { remaining, deleted } = dryRun
    ? await foresee(call, scope, reader, readers)
    : await manager.done(scope, reader, { readers, prefix, signal });
  await output.document({ dryRun, scope, remaining, deleted }, () =>
    remaining.length > 0
      ? `${remaining.join(",")} ${dryRun ? "would not be" : "are not"} done yet`
      : `${deleted} objects ${dryRun ? "would be" : "were"} deleted`,
  );
};

/** Predicts the result of `done` without changes. */
async function foresee(
  call: VerbCall,
  scope: string,
  reader: string,
  readers: readonly string[],
): Promise<{ remaining: string[]; deleted: number }> {
  const { signal } = call;
  const { prefix } = call.options as Flags;
  const manager = await call.manager();
  const store = await call.store();
  const below = prefix ?? (await call.description()).outputPrefix;
  const remaining: string[] = [];
  for (const other of new Set(readers)) {
    const isDone =
      other === reader || (await store.stat(`${below}/${scope}/${doneMarker(other)}`, { signal })) !== undefined;
    if (!isDone) remaining.push(other);
  }
  if (remaining.length > 0) return { remaining, deleted: 0 };
  return { remaining, ...(await manager.release(scope, { prefix, dryRun: true, signal })) };
}
