import type { ListOptions, ObjectInfo } from "../../../src/store/store.js";
import { Violation } from "./possible-states.js";
import type { Step } from "./step.js";

/** @param known all paths that anybody writes to */
export function listStep(prefix: string, options: ListOptions, known: readonly string[]): Step<ObjectInfo[]> {
  const { startAfter, limit = Infinity } = options;
  const wanted = sorted(known).filter(
    (path) => path.startsWith(prefix) && (startAfter === undefined || isBefore(startAfter, path)),
  );
  return {
    verb: "list",
    label: `list "${prefix}" ${JSON.stringify(options)}`,
    paths: [],
    holds: [],
    brings: [],
    codes: [],
    async run(store, signal) {
      const infos: ObjectInfo[] = [];
      for await (const info of store.list(prefix, { ...options, signal })) infos.push(info);
      return infos;
    },
    judge(outcome, { possible, seen }) {
      if ("error" in outcome) return;
      const infos = outcome.value;
      const listed = infos.map(({ path }) => path);
      if (listed.length > limit) throw new Violation(`more is listed than the limit of ${limit}`);
      if (listed.join("\n") !== sorted([...new Set(listed)]).join("\n")) {
        throw new Violation(`this is not in order: ${listed.join(", ")}`);
      }
      for (const { path, size } of infos) {
        if (!wanted.includes(path)) throw new Violation(`this must not be listed: ${path}`);
        const states = possible(path).filter((state) => state?.bytes.byteLength === size);
        if (states.length === 0) throw new Violation(`${path} is listed with ${size} bytes, which nobody wrote`);
        seen(path, states);
      }
      // Where the limit was reached, the listing says nothing of what is behind.
      const last = listed.at(-1);
      const covered =
        listed.length === limit ? wanted.filter((path) => last !== undefined && isBefore(path, last)) : wanted;
      for (const path of covered.filter((path) => !listed.includes(path))) {
        if (!possible(path).includes(undefined)) throw new Violation(`this must be listed, and is not: ${path}`);
        seen(path, [undefined]);
      }
    },
  };
}

function sorted(paths: readonly string[]): string[] {
  return [...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function isBefore(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
}
