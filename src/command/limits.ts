import { rules } from "../adapters/messages/rules.js";
import { usageFailure } from "./failure.js";
import { parseBytes } from "./units.js";

/** Size limit of a service. */
export interface Limit {
  readonly name: string;
  readonly bytes: number;
}

/**
 * Limits in bytes by name, each the default of the service. For a message, the limit counts the body and the
 * attributes.
 *
 * - Temporal: https://docs.temporal.io/cloud/limits#per-message-grpc-limit, the blob size limit of a payload.
 * - Step Functions: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html, input or output of a
 *   state.
 * - Lambda: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, a synchronous invocation.
 */
const LIMITS: Readonly<Record<string, number>> = {
  sqs: rules.sqs.maxMessage,
  sns: rules.sns.maxMessage,
  kafka: rules.kafka.maxMessage,
  temporal: 2 * 1024 * 1024,
  stepfunctions: 256 * 1024,
  lambda: 6 * 1024 * 1024,
};

/** Parses the name of a limit, or a number of bytes. @throws {CommandFailure} for a text that is neither */
export function parseLimit(text: string): Limit {
  const name = text.toLowerCase();
  const bytes = Object.hasOwn(LIMITS, name) ? LIMITS[name] : undefined;
  if (bytes !== undefined) return { name, bytes };
  if (!/^\d/.test(text)) throw usageFailure(`--limit takes ${Object.keys(LIMITS).join(", ")}, or bytes.`);
  return { name: text, bytes: parseBytes(text) };
}
