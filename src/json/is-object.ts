/** Whether a value is an object: an array and an instance of a class too, a function and `null` not. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
