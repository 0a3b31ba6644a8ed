import type { ObjectInfo, ReadOptions } from "../../../src/store/store.js";
import { Violation } from "./possible-states.js";
import type { Judgement, Outcome, Step } from "./step.js";
import { describes, showState, type Version } from "./version.js";

/** How much of the body is read: all with `bytes()`, all by iteration, its beginning, nothing. */
export type ReadManner = "bytes" | "iterate" | "begin" | "cancel";

interface Seen {
  info: ObjectInfo;
  bytes: Buffer;
}

export function readStep(path: string, range: ReadOptions, manner: ReadManner): Step<Seen> {
  const { offset = 0, length = Infinity } = range;
  return {
    verb: "read",
    label: `read ${path} (${manner}, ${JSON.stringify(range)})`,
    paths: [path],
    holds: [],
    brings: [],
    codes: ["NOT_FOUND"],
    async run(store, signal) {
      const result = await store.read(path, { ...range, signal });
      const { info } = result;
      if (manner === "bytes") return { info, bytes: Buffer.from(await result.bytes()) };
      const parts: Uint8Array[] = [];
      if (manner !== "cancel") {
        for await (const part of result) {
          parts.push(part);
          if (manner === "begin") break;
        }
      }
      await result.cancel();
      return { info, bytes: Buffer.concat(parts) };
    },
    judge(outcome, judgement) {
      if (judgeMissing(path, outcome, judgement) || "error" in outcome) return;
      const { info, bytes } = outcome.value;
      const isRead = (version: Version): boolean => {
        const wanted = version.bytes.subarray(offset, offset + length);
        return manner === "bytes" || manner === "iterate"
          ? bytes.equals(wanted)
          : bytes.equals(wanted.subarray(0, bytes.byteLength));
      };
      judgeSeen(path, info, judgement, isRead, `${bytes.byteLength} bytes "${bytes.toString("latin1", 0, 12)}"`);
    },
  };
}

export function statStep(path: string): Step<ObjectInfo | undefined> {
  return {
    verb: "stat",
    label: `stat ${path}`,
    paths: [path],
    holds: [],
    brings: [],
    codes: [],
    run: (store, signal) => store.stat(path, { signal }),
    judge(outcome, judgement) {
      if (judgeMissing(path, outcome, judgement) || "error" in outcome || outcome.value === undefined) return;
      judgeSeen(path, outcome.value, judgement, () => true, "a description");
    },
  };
}

/** Whether the outcome says that nothing is there. */
function judgeMissing(path: string, outcome: Outcome<unknown>, { possible, seen }: Judgement): boolean {
  const missing = "error" in outcome ? outcome.error.code === "NOT_FOUND" : outcome.value === undefined;
  if (!missing) return false;
  if (!possible(path).includes(undefined)) throw new Violation("nothing is found where an object must be");
  seen(path, [undefined]);
  return true;
}

function judgeSeen(
  path: string,
  info: ObjectInfo,
  { possible, seen }: Judgement,
  isRead: (version: Version) => boolean,
  what: string,
): void {
  if (info.path !== path) throw new Violation(`the answer is about another path: ${info.path}`);
  const read = possible(path).filter((state) => state !== undefined && isRead(state));
  if (read.length === 0) throw new Violation(`these are wrong bytes: ${what}`);
  const described = read.filter((state) => describes(info, state!));
  if (described.length === 0) {
    throw new Violation(
      `this describes another version: ${JSON.stringify(info)}, with ${read.map(showState).join(", or ")}`,
    );
  }
  seen(path, described);
}
