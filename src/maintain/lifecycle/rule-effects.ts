import { isObject } from "../../json/is-object.js";
import { DAY } from "./lifecycle-policy.js";

/** What one rule of a service does to objects, in the same words for all services. */
export interface RuleEffect {
  /** The name of the rule, or its position if it has no name. */
  readonly rule: string;
  /** The rule applies to paths that begin with one of these prefixes. */
  readonly prefixes: readonly string[];
  /** What the rule does, and when. */
  readonly ends: readonly RuleEnd[];
}

/** The end of an object: it is deleted, or moved to a place where a read fails until it is restored. */
export interface RuleEnd {
  readonly does: "deletes" | "archives";
  /** The setting that says when, under its name in the service. */
  readonly setting: string;
  /** The age of the object in milliseconds; `undefined` if the age does not matter. */
  readonly age: number | undefined;
}

/**
 * The name of every object that this library writes ends in one of these. Other names belong to the user's own
 * objects.
 */
const OWN_SUFFIXES = [".json", ".pack", ".bin", ".part", ".reencrypted"];

type Fields = Readonly<Record<string, unknown>>;

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
      ends: [...s3Ends("deletes", "Expiration", fieldsOf(rule["Expiration"])), ...transitionsOf(rule)],
    };
  });
}

function transitionsOf(rule: Fields): RuleEnd[] {
  const transitions = [
    ...listOf(rule["Transitions"]),
    ...(rule["Transition"] === undefined ? [] : [rule["Transition"]]),
  ];
  return transitions
    .map(fieldsOf)
    .filter(({ StorageClass }) => ARCHIVES.includes(String(StorageClass)))
    .flatMap((transition) => s3Ends("archives", `Transition to ${String(transition["StorageClass"])}`, transition));
}

// After the date of such a rule, objects end as soon as they are written.
function s3Ends(does: RuleEnd["does"], setting: string, { Days, Date: date }: Fields): RuleEnd[] {
  return [
    ...(Days === undefined ? [] : [{ does, setting: `${setting}.Days`, age: ageOf(Days) }]),
    ...(date === undefined ? [] : [{ does, setting: `${setting}.Date`, age: undefined }]),
  ];
}

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
    if (fieldsOf(action)["type"] !== "Delete" || isOfOtherObjects(met)) return [];
    const { age } = met;
    const setting = age === undefined ? `condition ${Object.keys(met).join(", ") || "of none"}` : "condition age";
    return {
      rule: nameOf(undefined, index),
      prefixes: prefixesOf(met["matchesPrefix"]),
      ends: [{ does: "deletes" as const, setting, age: age === undefined ? undefined : ageOf(age) }],
    };
  });
}

function isOfOtherObjects(condition: Fields): boolean {
  const suffixes = textsOf(condition["matchesSuffix"]);
  return (
    condition["isLive"] === false ||
    Number(condition["numNewerVersions"] ?? 0) > 0 ||
    OF_OTHERS.some((name) => condition[name] !== undefined) ||
    (suffixes.length > 0 &&
      !suffixes.some((suffix) => OWN_SUFFIXES.some((own) => own.endsWith(suffix) || suffix.endsWith(own))))
  );
}

const ACTIONS = [
  ["delete", "deletes"],
  // Archived blobs have to be restored before they can be read.
  ["tierToArchive", "archives"],
] as const;

/**
 * Returns what the rules of an Azure lifecycle management policy do. This library writes block blobs without index
 * tags.
 */
export function azureEffects(rules: readonly unknown[]): RuleEffect[] {
  return rules.flatMap((value, index) => {
    const { name, enabled, definition } = fieldsOf(value);
    const { filters, actions } = fieldsOf(definition);
    const { blobTypes, prefixMatch, blobIndexMatch } = fieldsOf(filters);
    const types = textsOf(blobTypes);
    const isOfOthers = listOf(blobIndexMatch).length > 0 || (types.length > 0 && !types.includes("blockBlob"));
    if (enabled === false || isOfOthers) return [];
    const { baseBlob } = fieldsOf(actions);
    return {
      rule: nameOf(name, index),
      prefixes: prefixesOf(prefixMatch),
      ends: ACTIONS.flatMap(([action, does]) => azureEnds(does, action, fieldsOf(baseBlob)[action])),
    };
  });
}

// Days may be counted from the last change, tier or access. In each case the blob is at least that old. If a rule
// gives several, all of them must be met.
function azureEnds(does: RuleEnd["does"], action: string, value: unknown): RuleEnd[] {
  const days = Object.entries(fieldsOf(value));
  if (days.length === 0) return [];
  const setting = `${action}.${days.map(([name]) => name).join(", ")}`;
  return [{ does, setting, age: Math.max(...days.map(([, number]) => ageOf(number))) }];
}

export function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((item) => typeof item === "string");
}

/** Returns the prefixes that a rule lists. A rule that lists none applies to all paths. */
function prefixesOf(value: unknown): readonly string[] {
  const prefixes = textsOf(value);
  return prefixes.length === 0 ? [""] : prefixes;
}

/**
 * Returns the age for a number of days, written as a number or a text. Any other setting counts as age 0, so that
 * somebody looks at it.
 */
function ageOf(days: unknown): number {
  const number = typeof days === "number" || typeof days === "string" ? Number(days) : NaN;
  return Number.isFinite(number) ? number * DAY : 0;
}

function nameOf(name: unknown, index: number): string {
  return typeof name === "string" && name !== "" ? name : `rule ${index + 1}`;
}
