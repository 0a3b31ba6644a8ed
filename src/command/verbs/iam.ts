import { leastRights } from "../least-rights.js";
import { usageFailure } from "../failure.js";
import type { RunVerb } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

export const run: RunVerb = async (call) => {
  const { provider, readOnly = false } = call.options as FlagsOf<"iam">;
  const known = await call.description();
  const { storage } = known;
  const asked = provider ?? known.provider;
  const rights = leastRights(asked, storage?.provider === asked ? storage : undefined, readOnly);
  if (rights === undefined) throw usageFailure("Whose rights? Say --provider s3, gcs, azure, redis or file.");
  await call.output.document({ provider: asked, rights }, () =>
    typeof rights === "string" ? rights : JSON.stringify(rights, null, 2),
  );
};
