import type { Verb, VerbOption } from "./verb.js";

/** Flags that all verbs take, before and after the verb. */
export const GLOBAL_OPTIONS: readonly VerbOption[] = [
  { flags: "--store <url>", description: "file:///dir, s3://bucket/prefix, redis://, gs:// or az://" },
  { flags: "--config <file>", description: "default: coatcheck.config.{mjs,cjs,json}, then the environment" },
  { flags: "--env-prefix <text>", description: "what begins the names of variables, default COATCHECK_" },
  { flags: "--json", description: "one JSON document on stdout" },
];

const CHANGE_OPTIONS: readonly VerbOption[] = [
  { flags: "--dry-run", description: "say what would be done, and change nothing" },
  { flags: "--yes", description: "do not ask" },
];

const STREAM_OPTIONS: readonly VerbOption[] = [{ flags: "--jsonl", description: "a line of JSON for each row" }];

/** Returns the flags of a verb, without the global flags. */
export function optionsOf({ options = [], changes, streams }: Verb): readonly VerbOption[] {
  return [...options, ...(changes === true ? CHANGE_OPTIONS : []), ...(streams === true ? STREAM_OPTIONS : [])];
}
