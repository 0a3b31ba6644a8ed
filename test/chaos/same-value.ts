/** Where two values differ: JSON with bytes in it, as `hydrate` gives it. Of any depth. `undefined` if they are the same. */
export function differenceOf(actual: unknown, expected: unknown, keyOrder: boolean): string | undefined {
  const open: [unknown, unknown, string][] = [[actual, expected, "$"]];
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [a, b, at] = pair;
    if (Object.is(a, b)) continue;
    if (b instanceof Uint8Array) {
      const same = a instanceof Uint8Array && Buffer.compare(a, b) === 0;
      if (same) continue;
      return `${at.slice(0, 80)}: ${kindOf(a)} ${JSON.stringify(a).slice(0, 300)} instead of ${kindOf(b)}`;
    }
    if (kindOf(a) !== kindOf(b) || typeof a !== "object" || a === null) {
      return `${at.slice(0, 80)}: ${kindOf(a)} instead of ${kindOf(b)}`;
    }
    const [keys, expectedKeys] = [Object.keys(a), Object.keys(b as object)];
    if (!keyOrder) [keys, expectedKeys].forEach((list) => list.sort());
    if (keys.length !== expectedKeys.length || keys.some((key, index) => key !== expectedKeys[index])) {
      return `${at.slice(0, 80)}: other keys: ${JSON.stringify(keys).slice(0, 100)} instead of ${JSON.stringify(expectedKeys).slice(0, 100)}`;
    }
    for (const key of keys) {
      const [x, y] = [(a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]];
      open.push([x, y, at.length > 80 ? at : `${at}[${JSON.stringify(key)}]`]);
    }
  }
  return undefined;
}

function kindOf(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value === undefined) return "nothing";
  if (value === null || typeof value !== "object") return JSON.stringify(value).slice(0, 60);
  return Object.getPrototypeOf(value) === Object.prototype ? "an object" : "an object of a class";
}
