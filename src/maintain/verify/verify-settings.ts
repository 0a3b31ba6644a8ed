import * as z from "zod/mini";
import { parseOptions } from "../../options/parse-options.js";
import { withResolvers } from "../../configure/acting-resolvers.js";
import { assertOwnPrefixes } from "../../configure/confine.js";
import { type ManagerSettings } from "../../configure/settings.js";
import { allow, count, path, signal, sizes, text } from "../../configure/fields.js";
import { isFunction } from "../../options/fields.js";
import { audienceOf, given } from "../../configure/call-settings.js";
import { withAudience } from "../../configure/call-schemas.js";
import { noAudience } from "../../configure/signing-settings.js";
import type { VerifyPrefixOptions, VerifyProgress } from "./report.js";

const verifyFields = {
  allow: z.optional(allow),
  timeout: z.optional(sizes.timeout),
  stepRunId: z.optional(text),
  audience: noAudience,
  signal: z.optional(signal),
  maxProblems: z._default(count, 1000),
  onProblem: z.optional(z.custom<NonNullable<VerifyPrefixOptions["onProblem"]>>(isFunction, "must be a function")),
  onProgress: z.optional(z.custom<(progress: VerifyProgress) => void>(isFunction, "must be a function")),
};
const verifySchemas = {
  payload: z.strictObject(verifyFields),
  prefix: z.strictObject({
    ...verifyFields,
    startAfter: z.optional(path),
    payloads: z.optional(z.custom<Iterable<unknown> | AsyncIterable<unknown>>(isIterable, "must be iterable")),
  }),
};
const signedVerifySchemas = {
  payload: z.extend(verifySchemas.payload, withAudience),
  prefix: z.extend(verifySchemas.prefix, withAudience),
};

/** Options of one verification, with those of the manager as defaults. */
export type VerifySettings = ManagerSettings &
  Omit<z.output<typeof verifySchemas.prefix>, "allow" | "timeout" | "audience">;

/** @throws {StorageError} `CONFIG_INVALID` that names every invalid field */
export function verifySettings(
  settings: ManagerSettings,
  target: "payload" | "prefix",
  options: VerifyPrefixOptions,
): VerifySettings {
  const schema = settings.signing === undefined ? verifySchemas[target] : signedVerifySchemas[target];
  const { maxProblems, ...parsed } = parseOptions(schema, options, target === "payload" ? "verify" : "verifyPrefix");
  assertOwnPrefixes("allow", parsed.allow ?? [], settings, "verify");
  const allowed = [...settings.allow, ...(parsed.allow ?? [])];
  const merged = { ...settings, ...given(parsed), ...audienceOf(parsed, settings), maxProblems, allow: allowed };
  return withResolvers(merged, undefined); // as in hydration, an object that no resolver acts on is data
}

// A string is iterable too, but it is not a list of payloads.
export function isIterable(value: unknown): boolean {
  try {
    return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
  } catch {
    return false; // a proxy threw
  }
}
