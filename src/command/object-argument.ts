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
 * Reads an argument as JSON, as a JSON file, or as stdin. Any other argument is the path of an object. So is the name of a
 * stored object: the directory of a store has a file of the same name.
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
