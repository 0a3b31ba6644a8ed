import type { Verb, VerbOption } from "./verb.js";

/** Flags that all verbs take, before and after the verb. */
export const GLOBAL_OPTIONS = [
  { flags: "--store <url>", description: "file:///dir, s3://bucket/prefix, redis://, gs:// or az://" },
  { flags: "--config <file>", description: "default: coatcheck.config.{mjs,cjs,json}, then the environment" },
  { flags: "--env-prefix <text>", description: "what begins the names of variables, default COATCHECK_" },
  { flags: "--json", description: "one JSON document on stdout" },
] as const satisfies readonly VerbOption[];

const CHANGE_OPTIONS = [
  { flags: "--dry-run", description: "say what would be done, and change nothing" },
  { flags: "--yes", description: "do not ask" },
] as const satisfies readonly VerbOption[];

const STREAM_OPTIONS: readonly VerbOption[] = [{ flags: "--jsonl", description: "a line of JSON for each row" }];

/** Returns the flags of a verb, without the global flags. */
export function optionsOf({ options = [], changes, streams }: Verb): readonly VerbOption[] {
  return [...options, ...(changes === true ? CHANGE_OPTIONS : []), ...(streams === true ? STREAM_OPTIONS : [])];
}

/** The flags of a verb as it gets them: by name in camel case, with their values. */
export type FlagsOf<V extends Verb> = {
  readonly [Option in OwnOption<V> as NameIn<Option["flags"]>]?: ValueOf<Option>;
};

type OwnOption<V extends Verb> =
  | (V extends { options: readonly (infer Option extends VerbOption)[] } ? Option : never)
  | (V extends { changes: true } ? (typeof CHANGE_OPTIONS)[number] : never)
  | (typeof GLOBAL_OPTIONS)[number];

type NameIn<Flags extends string> = Flags extends `--${infer Name} ${string}`
  ? CamelCase<Name>
  : Flags extends `--${infer Name}`
    ? CamelCase<Name>
    : never;

type CamelCase<Name extends string> = Name extends `${infer Word}-${infer Rest}`
  ? `${Word}${Capitalize<CamelCase<Rest>>}`
  : Name;

type ValueOf<Option extends VerbOption> = Option extends { choices: readonly (infer Choice)[] }
  ? Choice
  : Option extends { value: "ttl" }
    ? number | "never"
    : Option extends { value: string }
      ? number
      : Option["flags"] extends `${string} <${string}`
        ? string
        : Option["flags"] extends `${string} [${string}`
          ? string | true
          : boolean;
