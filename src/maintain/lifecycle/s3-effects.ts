import { ageOf, fieldsOf, listOf, nameOf, type RuleEffect, type RuleEnd } from "./early-ends.js";

// Objects in these storage classes have to be restored before they can be read.
const ARCHIVES = ["GLACIER", "DEEP_ARCHIVE"];

/** Returns what the rules of a lifecycle configuration of S3 do. Objects that this library writes have no tags. */
export function s3Effects(rules: readonly unknown[]): RuleEffect[] {
  return rules.flatMap((value, index) => {
    const rule = fieldsOf(value);
    const filter = fieldsOf(rule["Filter"]);
    const and = fieldsOf(filter["And"]);
    if (rule["Status"] !== "Enabled" || filter["Tag"] !== undefined || listOf(and["Tags"]).length > 0) return [];
    const prefix = filter["Prefix"] ?? and["Prefix"] ?? rule["Prefix"];
    return {
      rule: nameOf(rule["ID"], index),
      prefixes: [typeof prefix === "string" ? prefix : ""],
      ends: [...expirationOf(rule["Expiration"]), ...transitionsOf(rule)],
    };
  });
}

function expirationOf(value: unknown): RuleEnd[] {
  return endsOf("deletes", "Expiration", fieldsOf(value));
}

function transitionsOf(rule: Readonly<Record<string, unknown>>): RuleEnd[] {
  const transitions = [
    ...listOf(rule["Transitions"]),
    ...(rule["Transition"] === undefined ? [] : [rule["Transition"]]),
  ];
  return transitions
    .map(fieldsOf)
    .filter(({ StorageClass }) => ARCHIVES.includes(String(StorageClass)))
    .flatMap((transition) => endsOf("archives", `Transition to ${String(transition["StorageClass"])}`, transition));
}

// After the date of such a rule, objects end as soon as they are written.
function endsOf(
  does: RuleEnd["does"],
  setting: string,
  { Days, Date: date }: Readonly<Record<string, unknown>>,
): RuleEnd[] {
  return [
    ...(Days === undefined ? [] : [{ does, setting: `${setting}.Days`, age: ageOf(Days) }]),
    ...(date === undefined ? [] : [{ does, setting: `${setting}.Date`, age: undefined }]),
  ];
}
