export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Whether a value is a whole number of at least 0, exact as a number. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The check of what may be left out. */
export function optional(isValid: (value: unknown) => boolean): (value: unknown) => boolean {
  return (value) => value === undefined || isValid(value);
}
