import { differences, type Difference } from "../differences.js";
import { EXIT } from "../exit-codes.js";
import { noteMissingDirectory } from "../missing-directory.js";
import { twoStores } from "../two-stores.js";
import type { RunVerb } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

export const run: RunVerb = async (call) => {
  const { prefix = "", startAfter, content = false } = call.options as FlagsOf<"diff">;
  const { signal, progress, goOnWith } = call;
  const { from, to } = await twoStores(call);
  await noteMissingDirectory(call, call.args[1] ?? call.args[0]);
  const counts = { missing: 0, extra: 0, differs: 0 };
  let compared = 0;
  const onPath = (path: string): void => {
    compared++;
    progress.show(() => `${compared} objects`);
    goOnWith(`--start-after ${JSON.stringify(path)}`);
  };
  async function* rows(): AsyncGenerator<Difference> {
    for await (const row of differences({ from, to, prefix, startAfter, readsBytes: content, signal, onPath })) {
      counts[row.difference]++;
      yield row;
    }
  }
  await call.output.list({
    name: "differences",
    rows: rows(),
    columns: [
      { title: "DIFF", width: 7, text: ({ difference }) => difference },
      { title: "SIZE", width: 12, isNumber: true, text: ({ size }) => size },
      { title: "OTHER", width: 12, isNumber: true, text: ({ otherSize }) => otherSize },
      { title: "PATH", width: 0, text: ({ path }) => path },
    ],
    rest: () => ({ compared, ...counts }),
  });
  return counts.missing + counts.extra + counts.differs === 0 ? EXIT.fine : EXIT.problems;
};
