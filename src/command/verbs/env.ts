import { OWN_PREFIX, readEnvironment } from "../../configure/env.js";
import { usageFailure } from "../failure.js";
import type { RunVerb } from "../verb.js";
import type { FlagsOf } from "../verbs.js";

/** An environment variable. Values are not printed, since some are secrets. */
interface Variable {
  readonly name: string;
  readonly isSet: boolean;
}

export const run: RunVerb = async ({ options, terminal: { env }, output, say }) => {
  const { check = false, envPrefix = OWN_PREFIX } = options as FlagsOf<"env">;
  const { known, problem, settings } = readEnvironment(env, envPrefix, {});
  const isSet = (name: string): boolean => (env[name] ?? "").trim() !== "";
  const variables = known.map((name) => ({ name: envPrefix + name, isSet: isSet(envPrefix + name) }));
  await output.list<Variable>({
    name: "variables",
    rows: variables.sort((one, other) => Number(other.isSet) - Number(one.isSet)),
    columns: [
      { title: "STATE", width: 5, text: (variable) => (variable.isSet ? "set" : "unset") },
      { title: "NAME", width: 0, text: ({ name }) => name },
    ],
    rest: () => ({ provider: settings.storage.provider, problem }),
  });
  if (problem === undefined) return;
  if (check) throw usageFailure(problem);
  say(`coatcheck: ${problem}`);
};
