import { isObject } from "../json/is-object.js";
import * as z from "zod/mini";
import type { Clock } from "../async/clock.js";

// Checks for options of several owners.

export const clock = z.custom<Clock>(hasMethods("now", "setTimeout", "clearTimeout"), "must be a Clock");

export function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

/** Returns whether a value is an object with these methods, of any class and any version of this library. */
export function hasMethods(...names: readonly string[]): (value: unknown) => boolean {
  return (value) => {
    try {
      return isObject(value) && names.every((name) => isFunction(value[name]));
    } catch {
      return false; // a getter or a proxy threw
    }
  };
}
