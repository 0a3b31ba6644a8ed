import * as z from "zod/mini";
import { isObject } from "../../json/is-object.js";
import { MAX_PATH_BYTES, pathProblem } from "../../paths/path.js";
import type { Capability } from "../capability.js";

// What options of several drivers are checked by.

export const wholeNumber = z.number().check(z.int());

/** The path inside a container that all objects lie under; parsed, it is empty or ends in a slash. */
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

/** What a prefix leaves of the length of paths. */
export function pathRoom(prefix: string): Pick<Capability, "maxPathLength"> {
  return prefix === "" ? {} : { maxPathLength: MAX_PATH_BYTES - Buffer.byteLength(prefix) };
}

/** A text that `problemOf` finds nothing wrong with. */
export function soundText(problemOf: (text: string) => string | undefined): z.ZodMiniString {
  return z.string().check(
    z.superRefine((text, context) => {
      const message = problemOf(text);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    }),
  );
}

/**
 * A rule about several options, whose problem is told of the one at `path`. It is asked also when a field is wrong by
 * itself, so that one error names everything: a field may then be of any type.
 */
export function rule<Options>(
  path: string,
  message: string,
  holds: (options: NoInfer<Options>) => boolean,
): z.core.$ZodCheck<Options> {
  return z.refine<Options>(holds, { path: [path], message, when: ({ value }) => isObject(value) });
}

/** Whether not more than one of these options is given. */
export function isOneAtMost(...options: readonly unknown[]): boolean {
  return options.filter((option) => option !== undefined).length < 2;
}

function plain(prefix: string): string {
  return prefix.replace(/\/$/, "");
}
