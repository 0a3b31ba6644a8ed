import { StorageError } from "../../errors/error.js";
import { isObject } from "../../json/is-object.js";
import { longestLife } from "../../object/expiry-label.js";
import { DAY, parseLifecyclePolicy, type LifecyclePolicy } from "./lifecycle-policy.js";
import { azureEffects, fieldsOf, gcsEffects, s3Effects, type RuleEffect, type RuleEnd } from "./rule-effects.js";

/** A rule that ends payloads before their label has expired. */
export interface LifecycleProblem {
  /** ID or name of the rule, or its position: `rule 1` is the first. */
  rule: string;
  /** What the rule does too early, and how long payloads live. */
  why: string;
}

/**
 * Finds the lifecycle rules that end payloads before their label has expired.
 * Such a rule deletes payloads, or moves them to a place where a read fails. The list is empty when there is none.
 * Disabled rules, and rules about other prefixes, tags or old versions, are no problem.
 *
 * @param rules as the service returns them: an S3 `LifecycleConfiguration`, a GCS `lifecycle`, an Azure policy; or the
 *   list of rules
 * @param policy what payloads need; see {@link lifecycleRules}
 * @throws {StorageError} `CONFIG_INVALID` for rules in an unknown form, and for an invalid policy
 * @example
 * const rules = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: "payloads" }));
 * for (const { rule, why } of checkLifecycle(rules, { prefix: "outputs", ttl: 7 * DAY })) console.error(rule, why);
 */
export function checkLifecycle(rules: unknown, policy: LifecyclePolicy): LifecycleProblem[] {
  const { prefix, ttl } = parseLifecyclePolicy(policy, "checkLifecycle");
  return earlyEnds(rules, prefix, longestLife(ttl));
}

/**
 * Finds the rules that end payloads too early, for payloads whose life is known.
 *
 * @param prefix prefix of their paths in the bucket: empty, or ending in a slash
 * @param life the longest life of any payload, in milliseconds; `Infinity` when payloads live until somebody releases
 *   them
 */
export function earlyEnds(rules: unknown, prefix: string, life: number): LifecycleProblem[] {
  return effectsOf(rules)
    .filter(({ prefixes }) => prefixes.some((other) => other.startsWith(prefix) || prefix.startsWith(other)))
    .flatMap(({ rule, ends }) =>
      ends.filter(({ age }) => age === undefined || age < life).map((end) => ({ rule, why: whyOf(end, life) })),
    );
}

function whyOf({ does, setting, age }: RuleEnd, life: number): string {
  const when = age === undefined ? "whatever the age of the object" : `after ${age / DAY} days`;
  const lives = life === Infinity ? "until they are released" : `up to ${Math.ceil((life / DAY) * 100) / 100} days`;
  return `${setting} ${does} ${when}; payloads live ${lives}`;
}

/** Recognises the service by the words that the rules use, and returns what the rules do. */
function effectsOf(rules: unknown): RuleEffect[] {
  const list = rulesIn(rules);
  if (list === undefined || !list.every(isObject)) throw unknownForm();
  if (list.length === 0) return [];
  if (list.every((rule) => "Status" in rule)) return s3Effects(list);
  if (list.every((rule) => "action" in rule)) return gcsEffects(list);
  if (list.every((rule) => "definition" in rule)) return azureEffects(list);
  throw unknownForm();
}

function rulesIn(rules: unknown): readonly unknown[] | undefined {
  const outer = fieldsOf(rules);
  const azure = fieldsOf(fieldsOf(fieldsOf(outer["properties"])["policy"] ?? outer["policy"]));
  const gcs = fieldsOf(outer["lifecycle"]);
  const places = [rules, outer["Rules"], gcs["rule"], outer["rule"], azure["rules"], outer["rules"]];
  return places.find((place): place is unknown[] => Array.isArray(place));
}

function unknownForm(): StorageError {
  const message =
    "The rules of checkLifecycle must be an S3 LifecycleConfiguration, a lifecycle of Google Cloud Storage, or an Azure policy.";
  return new StorageError("CONFIG_INVALID", message, { operation: "configure" });
}
