import { completionScript, SHELLS } from "../completion-script.js";
import { usageFailure } from "../failure.js";
import type { RunVerb } from "../verb.js";

export const run: RunVerb = async ({ args: [shell], output }) => {
  const known = SHELLS.find((name) => name === shell);
  if (known === undefined) throw usageFailure(`completion takes one of ${SHELLS.join(", ")}.`);
  const script = completionScript(known);
  await output.document({ shell: known, script }, () => script);
};
