import { Violation } from "./possible-states.js";
import type { Step } from "./step.js";
import { STALE_ETAG } from "./write-step.js";

/** @param stale whether it names an etag that is not there, and must be refused */
export function deleteStep(path: string, stale: boolean): Step<void> {
  return {
    verb: "delete",
    label: `delete ${path}${stale ? " (another etag)" : ""}`,
    paths: [path],
    holds: [path],
    brings: stale ? [] : [undefined],
    codes: stale ? ["PRECONDITION_FAILED"] : [],
    run: (store, signal) => store.delete(path, { signal, ...(stale && { ifMatch: STALE_ETAG }) }),
    judge(outcome, { before, possible, settle }) {
      // Where nothing is, a retry may take it that an attempt before was the one that deleted.
      if (stale && "value" in outcome && !before(path).includes(undefined)) {
        throw new Violation("a delete with another etag was acknowledged");
      }
      if (stale) settle(path, before(path));
      else settle(path, "value" in outcome ? [undefined] : possible(path));
    },
  };
}
