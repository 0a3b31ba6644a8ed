import type { CallLog } from "./call-log.js";
import type { ConformanceCase } from "./case.js";

/**
 * Makes the error of a failed case. It tells the rule, what was seen, the call that shows it, and how to turn the case
 * off.
 */
export function caseFailure(group: string, { name, needs }: ConformanceCase, log: CallLog, error: unknown): Error {
  const seen = error instanceof Error ? error.message : String(error);
  const culprit = log.culprit();
  const call =
    culprit &&
    [
      `The call that shows it: await ${culprit.call}${culprit.isPending ? ", which has not settled" : ""}`,
      ...(culprit.before.length > 0 ? [`After: ${culprit.before.join("; ")}`] : []),
    ].join("\n");
  const flags = needs.map((flag) => `capability.${flag}`).join(", ");
  const off =
    needs.length === 0
      ? "No capability turns this case off."
      : `A store that can't do this says false for one of: ${flags}. The case then asks for UNSUPPORTED.`;
  const lines = [`The store broke the rule "${group} > ${name}".`, `What was seen: ${seen}`, call, off];
  return new Error(lines.filter((line) => line !== undefined).join("\n"), { cause: error });
}
