// Maximum number of values in a small part, and number of text characters that count as one value. This makes some 30
// KB of JSON.
const MAX_VALUES = 1000;
const TEXT_UNIT = 32;

/**
 * Returns whether the JSON of a value is short enough to be made in one go. It does not visit the whole of a long
 * value.
 */
export function isSmallJson(value: object): boolean {
  return countDown(value, MAX_VALUES) >= 0;
}

/** @returns `left` minus the number of values in `value`, or less than 0 when there are more */
function countDown(value: object, left: number): number {
  if (left < 0) return left;
  if (Array.isArray(value)) {
    const items = value as readonly unknown[];
    if (items.length > left) return -1;
    for (let index = 0; index < items.length && left >= 0; index++) left = countChild(items[index], left);
    return left;
  }
  for (const key in value) {
    left = countChild((value as Record<string, unknown>)[key], left);
    if (left < 0) return left;
  }
  return left;
}

function countChild(child: unknown, left: number): number {
  if (typeof child === "string") return left - 1 - Math.floor(child.length / TEXT_UNIT);
  if (typeof child === "object" && child !== null) return countDown(child, left - 1);
  return left - 1;
}
