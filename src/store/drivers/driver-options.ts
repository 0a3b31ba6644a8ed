import * as z from "zod/mini";
import { MAX_PATH_BYTES, pathProblem } from "../../paths/path.js";
import type { Capability } from "../capability.js";

// Checks for the options of several drivers.

export const wholeNumber = z.number().check(z.int());

/** The conditions among the options `capability` of drivers. Servers differ in them. */
export const conditionFlags = {
  ifNoneMatch: z.optional(z.boolean()),
  ifMatch: z.optional(z.boolean()),
  deleteIfMatch: z.optional(z.boolean()),
};

/** The path inside a container that holds all objects. After parsing, it is empty or ends in a slash. */
export const pathPrefix = z._default(
  z.pipe(
    z.string().check(
      z.refine((prefix) => plain(prefix) === "" || pathProblem(plain(prefix)) === undefined, "must be a valid path"),
      z.refine((prefix) => Buffer.byteLength(plain(prefix)) < MAX_PATH_BYTES - 1, "leaves no room for paths"),
    ),
    z.transform((prefix: string) => (plain(prefix) === "" ? "" : `${plain(prefix)}/`)),
  ),
  "",
);

/** Returns the path length that a prefix leaves. */
export function pathRoom(prefix: string): Pick<Capability, "maxPathLength"> {
  return prefix === "" ? {} : { maxPathLength: MAX_PATH_BYTES - Buffer.byteLength(prefix) };
}

/** Returns the schema of a text without a problem according to `problemOf`. */
export function soundText(problemOf: (text: string) => string | undefined): z.ZodMiniString {
  return z.string().check(
    z.superRefine((text, context) => {
      const message = problemOf(text);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    }),
  );
}

/** Tells whether at most one of these options is given. */
export function isOneAtMost(...options: readonly unknown[]): boolean {
  return options.filter((option) => option !== undefined).length < 2;
}

function plain(prefix: string): string {
  return prefix.replace(/\/$/, "");
}
