/** An object or array of a payload. */
export type Container = Record<string, unknown> | unknown[];

/** Payloads nested deeper than this are refused. */
export const MAX_NESTING = 500_000;

/** Sets an own property, even where assignment would do something else (`__proto__`). */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

/**
 * Returns items of an array, as a plain array. It also works for a subclass, whose constructor may take something else
 * than items, and for an array without `slice`.
 */
export function arrayItems(array: readonly unknown[], start: number, end: number): unknown[] {
  if (array.constructor === Array) return Array.prototype.slice.call(array, start, end);
  const items: unknown[] = [];
  for (let index = start; index < end; index++) items.push(array[index]);
  return items;
}
