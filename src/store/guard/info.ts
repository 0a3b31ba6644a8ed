import { types } from "node:util";
import { isObject } from "../../json/is-object.js";
import { isCount, isText, optional } from "../../json/scalars.js";
import type { ObjectInfo } from "../store.js";
import type { GuardedCall } from "./call.js";

type Check = (value: unknown) => boolean;

// The type makes this complete. A field that is added to ObjectInfo is added here, or this does not compile.
const FIELDS: Readonly<Record<keyof ObjectInfo, readonly [isSound: Check, due: string]>> = {
  path: [isText, "a string"],
  size: [isCount, "a whole number of bytes, 0 or more"],
  etag: [optional(isText), "a string, or be left out"],
  lastModified: [optional((value) => types.isDate(value) && !Number.isNaN(value.getTime())), "a Date, or be left out"],
  contentType: [optional(isText), "a string, or be left out"],
  metadata: [optional(isTexts), "an object of strings, or be left out"],
};

/**
 * Returns a store's description of an object, if all its fields have the types of {@link ObjectInfo}.
 *
 * @param path the path that the caller asked for, if there is one
 * @throws {StorageError} `UNEXPECTED` that names the field
 */
export function guardedInfo(answer: unknown, call: GuardedCall, path?: string): ObjectInfo {
  if (typeof answer !== "object" || answer === null) throw call.badAnswer("an ObjectInfo");
  for (const [name, [isSound, due]] of Object.entries(FIELDS)) {
    const value = (answer as Readonly<Record<string, unknown>>)[name];
    if (!isSound(value)) throw call.badAnswer(`an ObjectInfo whose ${name} must be ${due}`);
  }
  const info = answer as ObjectInfo;
  return path === undefined || info.path === path ? info : { ...info, path };
}

function isTexts(value: unknown): boolean {
  return isObject(value) && Object.values(value).every(isText);
}
