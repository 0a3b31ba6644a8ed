/** A text that is longer than the default `maxInlineSize`. It begins with `label`, so that no two are the same. */
export function longText(label: string, length = 1500): string {
  return label.padEnd(length, "x");
}

/** Freezes a value and all that is in it, so that whoever changes it fails. Bytes can't be frozen. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}

/** What a value is after JSON. */
export function throughJson(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? undefined : (JSON.parse(text) as unknown);
}
