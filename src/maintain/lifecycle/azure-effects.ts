import { ageOf, fieldsOf, listOf, nameOf, textsOf, type RuleEffect, type RuleEnd } from "./early-ends.js";

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
    const prefixes = textsOf(prefixMatch);
    const { baseBlob } = fieldsOf(actions);
    return {
      rule: nameOf(name, index),
      prefixes: prefixes.length === 0 ? [""] : prefixes,
      ends: ACTIONS.flatMap(([action, does]) => endsOf(does, action, fieldsOf(baseBlob)[action])),
    };
  });
}

// Days may be counted from the last change, tier or access. In each case the blob is at least that old. If a rule
// gives several, all of them must be met.
function endsOf(does: RuleEnd["does"], action: string, value: unknown): RuleEnd[] {
  const days = Object.entries(fieldsOf(value));
  if (days.length === 0) return [];
  const setting = `${action}.${days.map(([name]) => name).join(", ")}`;
  return [{ does, setting, age: Math.max(...days.map(([, number]) => ageOf(number))) }];
}
