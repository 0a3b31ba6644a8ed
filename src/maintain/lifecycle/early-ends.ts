import { isObject } from "../../json/is-object.js";
import { DAY } from "./lifecycle-policy.js";

/** What one rule of a service does to objects, whatever the service calls it. */
export interface RuleEffect {
  /** The name of the rule, or its place where it has none. */
  readonly rule: string;
  /** The paths that it is about begin with one of these. */
  readonly prefixes: readonly string[];
  /** What it does, and when. */
  readonly ends: readonly RuleEnd[];
}

/** An end of an object: deleted, or put where a read fails until it is restored. */
export interface RuleEnd {
  readonly does: "deletes" | "archives";
  /** The setting that says when, as it is called there. */
  readonly setting: string;
  /** The age of the object in milliseconds; `undefined` if it is no matter of age. */
  readonly age: number | undefined;
}

/** The names of objects that are written here end in one of these, or are users' own. */
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

/** The age that a number of days is, however it is written. A setting that is none ends at once, to be looked at. */
export function ageOf(days: unknown): number {
  const number = typeof days === "number" || typeof days === "string" ? Number(days) : NaN;
  return Number.isFinite(number) ? number * DAY : 0;
}

export function nameOf(name: unknown, index: number): string {
  return typeof name === "string" && name !== "" ? name : `rule ${index + 1}`;
}
