import { rules } from "../adapters/messages/rules.js";
import { usageFailure } from "./failure.js";
import { parseBytes } from "./units.js";

/** Size limit of a service. */
export interface Limit {
  readonly name: string;
  readonly bytes: number;
}

/** Limits in bytes by name, each the default of the service. */
const LIMITS: Readonly<Record<string, number>> = {
  sqs: rules.sqs.maxMessage,
  sns: rules.sns.maxMessage,
  kafka: rules.kafka.maxMessage,
  temporal: rules.temporal.maxMessage,
  stepfunctions: rules.stepFunctions.maxMessage,
  lambda: rules.lambdaSync.maxMessage,
};

/** Parses the name of a limit, or a number of bytes. @throws {CommandFailure} for a text that is neither */
export function parseLimit(text: string): Limit {
  const name = text.toLowerCase();
  const bytes = Object.hasOwn(LIMITS, name) ? LIMITS[name] : undefined;
  if (bytes !== undefined) return { name, bytes };
  if (!/^\d/.test(text)) throw usageFailure(`--limit takes ${Object.keys(LIMITS).join(", ")}, or bytes.`);
  return { name: text, bytes: parseBytes(text) };
}
