/** An object or array of a payload. */
export type Container = Record<string, unknown> | unknown[];

/** Sets an own property, also where assignment would do something else (`__proto__`). */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}
