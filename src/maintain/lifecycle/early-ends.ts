import { isObject } from "../../json/is-object.js";
import { DAY } from "./lifecycle-policy.js";

/** What one rule of a service does to objects, in the same words for all services. */
export interface RuleEffect {
  /** The name of the rule, or its position if it has no name. */
  readonly rule: string;
  /** The rule applies to paths that begin with one of these prefixes. */
  readonly prefixes: readonly string[];
  /** What the rule does, and when. */
  readonly ends: readonly RuleEnd[];
}

/** The end of an object: it is deleted, or moved to a place where a read fails until it is restored. */
export interface RuleEnd {
  readonly does: "deletes" | "archives";
  /** The setting that says when, under its name in the service. */
  readonly setting: string;
  /** The age of the object in milliseconds; `undefined` if the age does not matter. */
  readonly age: number | undefined;
}

/**
 * The name of every object that this library writes ends in one of these. Other names belong to the user's own
 * objects.
 */
export const OWN_SUFFIXES = [".json", ".pack", ".bin", ".part", ".reencrypted"];

type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((item) => typeof item === "string");
}

/**
 * Returns the age for a number of days, written as a number or a text. Any other setting counts as age 0, so that
 * somebody looks at it.
 */
export function ageOf(days: unknown): number {
  const number = typeof days === "number" || typeof days === "string" ? Number(days) : NaN;
  return Number.isFinite(number) ? number * DAY : 0;
}

export function nameOf(name: unknown, index: number): string {
  return typeof name === "string" && name !== "" ? name : `rule ${index + 1}`;
}
