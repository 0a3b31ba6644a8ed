import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { usageFailure } from "./failure.js";
import { readPayload } from "./payload.js";
import type { Terminal } from "./terminal/terminal.js";

/** Meaning of an argument: a payload, or the path of an object. */
export type ObjectArgument = { readonly payload: unknown } | { readonly path: string };

/** Reads an argument as JSON, as a JSON file, or as stdin. Any other argument is the path of an object. */
export async function objectArgument(argument: string | undefined, terminal: Terminal): Promise<ObjectArgument> {
  const text = argument?.trim();
  if (text !== undefined && /^[{[]/.test(text)) return { payload: parse(text) };
  if (argument === undefined || argument === "-" || existsSync(resolve(terminal.cwd, argument))) {
    return { payload: await readPayload(argument, terminal) };
  }
  return { path: argument };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw usageFailure("The argument begins like JSON, and is not.");
  }
}
