import type { ObjectInfo } from "../../../src/store/store.js";
import { Violation } from "./possible-states.js";
import type { Step } from "./step.js";
import { bareOf, type State } from "./version.js";
import { assertInfo } from "./write-step.js";

/**
 * @param sources what may be at `from`
 * @param bare whether the copy may be there without its attributes, as long as it is not acknowledged
 */
export function copyStep(from: string, to: string, sources: readonly State[], bare: boolean): Step<ObjectInfo> {
  const versions = sources.filter((state) => state !== undefined);
  return {
    verb: "copy",
    label: `copy ${from} to ${to}`,
    paths: [from, to],
    holds: from === to ? [to] : [from, to],
    brings: bare ? [...versions, ...versions.map(bareOf)] : versions,
    codes: ["NOT_FOUND"],
    run: (store, signal) => store.copy(from, to, { signal }),
    judge(outcome, { before, possible, seenStays, settle }) {
      if ("error" in outcome) {
        const missing = outcome.error.code === "NOT_FOUND";
        if (missing && !sources.includes(undefined)) throw new Violation("nothing is found where an object must be");
        settle(from, missing && seenStays ? [undefined] : before(from));
        if (from !== to) settle(to, possible(to));
        return;
      }
      const copied = versions.filter(({ bytes }) => bytes.byteLength === outcome.value.size);
      if (copied[0] === undefined) throw new Violation(`it copied ${outcome.value.size} bytes, which nobody wrote`);
      assertInfo(outcome.value, to, copied[0]);
      settle(from, seenStays ? copied : before(from));
      settle(to, copied);
    },
  };
}
