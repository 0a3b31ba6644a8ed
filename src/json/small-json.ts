// Values that a small part has at most, and characters of text that count as much as one value: some 30 KB of JSON.
const MAX_VALUES = 1000;
const TEXT_UNIT = 32;

/** Whether the JSON of a value is so short that it can be made in one go; known without looking at all of a long one. */
export function isSmallJson(value: object): boolean {
  return countDown(value, MAX_VALUES) >= 0;
}

/** @returns `left` less the values in `value`, or less than 0 when there are more */
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
