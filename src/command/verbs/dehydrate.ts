import type { DehydrateOptions } from "../../configure/options.js";
import { readPayload } from "../payload.js";
import type { RunVerb } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

export const run: RunVerb = async ({ args: [source], options, terminal, output, manager, planner, signal }) => {
  const { scope, ttl, maxInline, maxEnvelope, depth, dryRun = false } = options as FlagsOf<"dehydrate">;
  const payload = await readPayload(source, terminal);
  const sizes = { maxInlineSize: maxInline, maxEnvelopeSize: maxEnvelope, maxRecursionDepth: depth };
  const how: DehydrateOptions = { scope, ttl, ...sizes };
  const value = dryRun
    ? (await planner()).manager.plan(payload, how).value
    : await (await manager()).dehydrate(payload, { ...how, signal });
  await output.document({ dryRun, value }, () => JSON.stringify(value));
};
