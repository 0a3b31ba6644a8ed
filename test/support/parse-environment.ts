import { readEnvironment, type EnvironmentSettings } from "../../src/configure/env.js";
import { StorageError } from "../../src/errors/error.js";

/** Reads variables that no option stands over. @throws {StorageError} `CONFIG_INVALID` that names every wrong one */
export function parseEnvironment(env: NodeJS.ProcessEnv, prefix: string): EnvironmentSettings {
  const { settings, problem } = readEnvironment(env, prefix, {});
  if (problem === undefined) return settings;
  throw new StorageError("CONFIG_INVALID", problem, { operation: "configure" });
}
