export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Returns whether a value is an exact whole number of at least 0. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Returns a check that also accepts `undefined`. */
export function optional(isValid: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === undefined || isValid(value);
}
