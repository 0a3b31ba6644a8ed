import { migrate, type MigrateResult } from "../../store/compose/migrating/migrate.js";
import { confirm } from "../confirm.js";
import { differences } from "../differences.js";
import { EXIT } from "../exit-codes.js";
import { storesApart, type TwoStores } from "../two-stores.js";
import type { RunVerb, VerbCall } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

type Flags = FlagsOf<"migrate">;

export const run: RunVerb = async (call) => {
  const { output, progress } = call;
  const { dryRun = false, prefix = "" } = call.options as Flags;
  const stores = await storesApart(call, prefix);
  await confirm(call, `Copy from the ${stores.from.name} store what the ${stores.to.name} store lacks`);
  const result = dryRun ? await foresee(call, stores) : await copy(call, stores);
  progress.end();
  await output.document({ dryRun, ...result }, () => linesOf(result, dryRun));
  return result.failed > 0 ? EXIT.inPart : EXIT.fine;
};

function copy({ options, progress, signal, goOnWith, say }: VerbCall, stores: TwoStores): Promise<MigrateResult> {
  const { prefix, startAfter, concurrency } = options as Flags;
  return migrate({
    ...{ ...stores, prefix, startAfter, concurrency, signal },
    onProgress: ({ copied, skipped, lastPath, failure }) => {
      progress.show(() => `${copied} copied, ${skipped} there already`);
      if (lastPath !== undefined) goOnWith(`--start-after ${JSON.stringify(lastPath)}`);
      if (failure !== undefined) say(`coatcheck: ${failure.error.message}`);
    },
  });
}

async function foresee({ options, progress, signal }: VerbCall, stores: TwoStores): Promise<MigrateResult> {
  const { prefix = "", startAfter } = options as Flags;
  const result = { copied: 0, skipped: 0, undone: 0, bytes: 0, failed: 0 };
  let extra = 0;
  let compared = 0;
  const onPath = (): void => {
    compared++;
    progress.show(() => `${compared} objects`);
  };
  for await (const { difference, size } of differences({ ...stores, prefix, startAfter, signal, onPath })) {
    if (difference === "extra") extra++;
    if (difference !== "missing") continue;
    result.copied++;
    result.bytes += size!;
  }
  return { ...result, skipped: compared - extra - result.copied };
}

function linesOf({ copied, bytes, skipped, undone, failed, lastPath }: MigrateResult, dryRun: boolean): string[] {
  return [
    `${dryRun ? "would copy" : "copied    "}  ${copied} (${bytes} bytes)`,
    `there       ${skipped}`,
    ...(undone > 0 ? [`undone      ${undone}`] : []),
    ...(failed > 0 ? [`failed      ${failed}`] : []),
    ...(failed > 0 && lastPath !== undefined ? [`go on with  --start-after ${JSON.stringify(lastPath)}`] : []),
  ];
}
