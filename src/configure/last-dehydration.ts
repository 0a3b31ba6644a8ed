import { isPlainObject } from "../json/is-object.js";
import { type OwnOptions } from "../options/parse-options.js";
import { isSignal } from "../store/call-options.js";
import { isScope } from "./fields.js";
import type { ManagerSettings } from "./settings.js";
import type { DehydrateSettings } from "./call-schemas.js";

interface Checked {
  readonly options: OwnOptions;
  /** Without scope and signal: those of one call are never kept for another. */
  readonly settings: DehydrateSettings;
}

// One for each manager, and gone with it.
const lastOf = new WeakMap<ManagerSettings, Checked>();

/**
 * The settings that the same options gave the last time: many calls have the same but for the scope, which is a new one in
 * each step, and checking them takes longer than a small payload. `undefined` unless every name and every value is the same,
 * but for the scope and the signal, which are checked anew.
 *
 * That is exact: any other option is a text, a number or `undefined` once it was checked, so that the same value means the
 * same; and the settings are frozen, so that no call can change them.
 */
export function lastDehydration(manager: ManagerSettings, options: object): DehydrateSettings | undefined {
  const last = lastOf.get(manager);
  if (last === undefined) return undefined;
  try {
    return isPlainObject(options) ? sameSettings(last, options) : undefined;
  } catch {
    return undefined; // a getter or a proxy threw: the check says so
  }
}

/** @param settings what the options came to, without scope and signal. They are frozen. */
export function keepDehydration(manager: ManagerSettings, options: OwnOptions, settings: DehydrateSettings): void {
  const values = options.values.map((value, index) => (isOfOneCall(options.names[index]!) ? undefined : value));
  lastOf.set(manager, { options: { names: options.names, values }, settings: Object.freeze(settings) });
}

/** The same settings, with what is one call's alone. */
export function withOwn(
  settings: DehydrateSettings,
  scope: string | undefined,
  signal: AbortSignal | undefined,
): DehydrateSettings {
  if (signal !== undefined) return scope === undefined ? { ...settings, signal } : { ...settings, scope, signal };
  return scope === undefined ? settings : { ...settings, scope };
}

function isOfOneCall(name: string): boolean {
  return name === "scope" || name === "signal";
}

function sameSettings(last: Checked, options: Record<string, unknown>): DehydrateSettings | undefined {
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
  // What is wrong, the check says. A getter is read again by it, and what it gives then is what counts.
  if ((signal !== undefined && !isSignal(signal)) || (scope !== undefined && !isScope(scope))) return undefined;
  return withOwn(last.settings, scope, signal);
}
