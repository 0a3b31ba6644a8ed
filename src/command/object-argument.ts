import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { objectKind } from "../object/object-name.js";
import { pathProblem } from "../paths/path.js";
import { usageFailure } from "./failure.js";
import { readPayload } from "./payload.js";
import type { Terminal } from "./terminal/terminal.js";

/** Meaning of an argument: a payload, or the path of an object. */
export type ObjectArgument = { readonly payload: unknown } | { readonly path: string };

/**
 * Takes an argument for JSON, for a file of it, for stdin, and else for the path of an object. What has the name of a stored
 * object is its path: in the directory of a store there is a file of that name too.
 */
export async function objectArgument(argument: string | undefined, terminal: Terminal): Promise<ObjectArgument> {
  const text = argument?.trim();
  if (text !== undefined && /^[{[]/.test(text)) return { payload: parse(text) };
  if (argument === undefined || argument === "-") return { payload: await readPayload(argument, terminal) };
  const isStored = pathProblem(argument) === undefined && objectKind(argument).holds !== "other";
  const isFile = !isStored && existsSync(resolve(terminal.cwd, argument));
  return isFile ? { payload: await readPayload(argument, terminal) } : { path: argument };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw usageFailure("The argument begins like JSON, and is not.");
  }
}
