import { ageOf, fieldsOf, nameOf, OWN_SUFFIXES, textsOf, type RuleEffect } from "./early-ends.js";

// With one of these, a rule is about versions that are not current, or about objects with a custom time. This library
// writes no objects with a custom time.
const OF_OTHERS = ["daysSinceNoncurrentTime", "noncurrentTimeBefore", "daysSinceCustomTime", "customTimeBefore"];

/**
 * Returns what the rules of a lifecycle configuration of Google Cloud Storage do. A rule applies when all its
 * conditions are met. There, every storage class can be read at once, so only deletes end an object.
 */
export function gcsEffects(rules: readonly unknown[]): RuleEffect[] {
  return rules.flatMap((value, index) => {
    const { action, condition } = fieldsOf(value);
    const met = fieldsOf(condition);
    if (fieldsOf(action)["type"] !== "Delete" || isOfOthers(met)) return [];
    const prefixes = textsOf(met["matchesPrefix"]);
    const { age } = met;
    const setting = age === undefined ? `condition ${Object.keys(met).join(", ") || "of none"}` : "condition age";
    return {
      rule: nameOf(undefined, index),
      prefixes: prefixes.length === 0 ? [""] : prefixes,
      ends: [{ does: "deletes" as const, setting, age: age === undefined ? undefined : ageOf(age) }],
    };
  });
}

function isOfOthers(condition: Readonly<Record<string, unknown>>): boolean {
  const suffixes = textsOf(condition["matchesSuffix"]);
  return (
    condition["isLive"] === false ||
    Number(condition["numNewerVersions"] ?? 0) > 0 ||
    OF_OTHERS.some((name) => condition[name] !== undefined) ||
    (suffixes.length > 0 &&
      !suffixes.some((suffix) => OWN_SUFFIXES.some((own) => own.endsWith(suffix) || suffix.endsWith(own))))
  );
}
