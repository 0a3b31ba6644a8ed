import { isObject } from "../json/is-object.js";
import * as z from "zod/mini";
import type { Clock } from "../async/clock.js";

// What options of several owners are checked by.

export const clock = z.custom<Clock>(hasMethods("now", "setTimeout", "clearTimeout"), "must be a Clock");

export function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

/** Whether a value is an object with these methods: of whichever class, of whichever version of this library. */
export function hasMethods(...names: readonly string[]): (value: unknown) => boolean {
  return (value) => isObject(value) && names.every((name) => isFunction(value[name]));
}
