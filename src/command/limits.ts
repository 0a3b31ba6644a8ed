import { rules } from "../adapters/messages/rules.js";
import { usageFailure } from "./failure.js";
import { parseBytes } from "./units.js";

/** How much something takes. */
export interface Limit {
  readonly name: string;
  readonly bytes: number;
}

/**
 * Bytes by name, each the default of the service. Of a message it is the whole that counts: attributes come on top.
 *
 * Temporal: https://docs.temporal.io/cloud/limits#per-message-grpc-limit, the blob size limit of a payload.
 * Step Functions: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, input or output of a state.
 * Lambda: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, a synchronous invocation.
 */
const LIMITS: Readonly<Record<string, number>> = {
  sqs: rules.sqs.maxMessage,
  sns: rules.sns.maxMessage,
  kafka: rules.kafka.maxMessage,
  temporal: 2 * 1024 * 1024,
  stepfunctions: 256 * 1024,
  lambda: 6 * 1024 * 1024,
};

/** @throws {CommandFailure} for what is neither a name nor bytes */
export function parseLimit(text: string): Limit {
  const name = text.toLowerCase();
  const bytes = Object.hasOwn(LIMITS, name) ? LIMITS[name] : undefined;
  if (bytes !== undefined) return { name, bytes };
  if (!/^\d/.test(text)) throw usageFailure(`--limit takes ${Object.keys(LIMITS).join(", ")}, or bytes.`);
  return { name: text, bytes: parseBytes(text) };
}
