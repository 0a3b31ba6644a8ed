import { checkLifecycle } from "../../maintain/lifecycle/check-lifecycle.js";
import { lifecycleRules } from "../../maintain/lifecycle/lifecycle-rules.js";
import { EXIT } from "../exit-codes.js";
import { usageFailure } from "../failure.js";
import { readPayload } from "../payload.js";
import type { Description } from "../open-manager.js";
import type { RunVerb } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

type Provider = NonNullable<FlagsOf<"lifecycle">["provider"]>;

export const run: RunVerb = async (call) => {
  const { output, terminal } = call;
  const { provider, prefix, check, ttl: asked } = call.options as FlagsOf<"lifecycle">;
  const known = await call.description();
  const ttl = asked ?? known.ttl;
  if (ttl === "never") throw usageFailure("How long do payloads live? Say --ttl 7d, or set it for all scopes.");
  const policy = { prefix: prefix ?? locationIn(known), ttl };
  if (check === undefined) {
    const rules = lifecycleRules(provider ?? providerOf(known), policy);
    await output.document({ rules }, () => JSON.stringify(rules, null, 2));
    return EXIT.fine;
  }
  const problems = checkLifecycle(await readPayload(check === true ? undefined : check, terminal), policy);
  await output.document({ problems }, () => problems.map(({ rule, why }) => `${rule}: ${why}`));
  if (problems.length === 0) call.say("coatcheck: no rule ends payloads too early");
  return problems.length === 0 ? EXIT.fine : EXIT.problems;
};

function providerOf({ provider }: Description): Provider {
  if (provider === "s3" || provider === "gcs" || provider === "azure") return provider;
  throw usageFailure("Whose rules? Say --provider s3, gcs, azure or generic.");
}

/** Returns the path of payloads in the bucket. For Azure, the path begins with the container. */
function locationIn({ storage, outputPrefix }: Description): string {
  const within = storage !== undefined && "prefix" in storage ? storage.prefix : undefined;
  const container = storage?.provider === "azure" ? storage.container : undefined;
  return [container, within, outputPrefix].filter((part) => part !== undefined).join("/");
}
