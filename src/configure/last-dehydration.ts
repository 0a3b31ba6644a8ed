import { isPlainObject } from "../json/is-object.js";
import { type OwnOptions } from "../options/parse-options.js";
import { isSignal } from "../store/call-options.js";
import { isScope } from "./fields.js";
import type { ManagerSettings } from "./settings.js";
import type { CallSettings, DehydrateSettings } from "./call-schemas.js";

interface Checked {
  readonly options: OwnOptions;
  /** Without scope and signal, because those of one call are never kept for another. */
  readonly settings: DehydrateSettings;
}

// One entry for each manager. It disappears with the manager.
const lastOf = new WeakMap<ManagerSettings, Checked>();

/**
 * Returns the settings that the same options gave the last time. Many calls have the same options except for the
 * scope, which changes in each step. Checking options takes longer than a small payload. The result is `undefined`
 * unless every name and value is the same. Scope and signal are exempt, and are checked again.
 *
 * The comparison is exact. Any other option is a text, a number or `undefined` after the check, so the same value
 * means the same. The settings are frozen, so no call can change them.
 */
export function lastDehydration(manager: ManagerSettings, options: object): CallSettings | undefined {
  const last = lastOf.get(manager);
  if (last === undefined) return undefined;
  try {
    return isPlainObject(options) ? sameSettings(last, options) : undefined;
  } catch {
    return undefined; // a getter or a proxy threw: the check reports it
  }
}

/**
 * Keeps the settings of a call for later calls with the same options.
 *
 * @param settings the result of checking the options, without scope and signal. They are frozen here.
 */
export function keepDehydration(manager: ManagerSettings, options: OwnOptions, settings: DehydrateSettings): void {
  const values = options.values.map((value, index) => (isOfOneCall(options.names[index]!) ? undefined : value));
  lastOf.set(manager, { options: { names: options.names, values }, settings: Object.freeze(settings) });
}

function isOfOneCall(name: string): boolean {
  return name === "scope" || name === "signal";
}

function sameSettings(last: Checked, options: Record<string, unknown>): CallSettings | undefined {
  const { names, values } = last.options;
  const given = Object.getOwnPropertyNames(options);
  if (given.length !== names.length) return undefined;
  let signal: unknown;
  let scope: unknown;
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!;
    if (given[index] !== name) return undefined;
    const value = options[name];
    if (name === "signal") signal = value;
    else if (name === "scope") scope = value;
    else if (!Object.is(value, values[index])) return undefined;
  }
  // The full check reports what is wrong. It reads getters again, and the values that it reads are the ones that
  // count.
  if ((signal !== undefined && !isSignal(signal)) || (scope !== undefined && !isScope(scope))) return undefined;
  return { shared: last.settings, scope, signal };
}
