import { isObject } from "../json/is-object.js";
import * as z from "zod/mini";
import { systemClock, type Clock } from "../async/clock.js";

// Checks for options of several owners.

export const clock = z.custom<Clock>(hasMethods("now", "setTimeout", "clearTimeout"), "must be a Clock");

/** The option `clock`. Default: the clock of this machine. */
export const clockField = z._default(clock, systemClock);

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

/** An option that is a function. */
export function functionField<Fn>(): z.ZodMiniCustom<Fn, Fn> {
  return z.custom<Fn>(isFunction, "must be a function");
}

/**
 * Makes a rule about several options, whose problem is reported for the option at `path`. The rule also runs if a
 * field alone is wrong, so that one error names every problem. A field may then have any type.
 */
export function rule<Options>(
  path: string,
  message: string,
  holds: (options: NoInfer<Options>) => boolean,
): z.core.$ZodCheck<Options> {
  return z.refine<Options>(holds, { path: [path], message, when: ({ value }) => isObject(value) });
}
