import type { OwnOptions } from "../options.js";
import type { DehydrateSettings, ManagerSettings } from "./settings.js";

interface Checked {
  readonly options: OwnOptions;
  /** Without the signal: that of one call is never kept for another. */
  readonly settings: DehydrateSettings;
}

// One for each manager, and gone with it.
const lastOf = new WeakMap<ManagerSettings, Checked>();

/**
 * The settings that the same options gave the last time: many calls of one step have the same, and checking them takes
 * longer than a small payload. `undefined` unless every name and every value is the same, but for the signal, which the
 * settings do not hold.
 *
 * That is exact: an option other than the signal is a text, a number or `undefined` once it was checked, so that the same
 * value means the same; and the settings are frozen, so that no call can change them.
 */
export function lastDehydration(manager: ManagerSettings, options: OwnOptions): DehydrateSettings | undefined {
  const last = lastOf.get(manager);
  if (last === undefined) return undefined;
  const { names, values } = last.options;
  if (names.length !== options.names.length) return undefined;
  for (let index = 0; index < names.length; index++) {
    const name = names[index];
    if (name !== options.names[index]) return undefined;
    if (name !== "signal" && !Object.is(values[index], options.values[index])) return undefined;
  }
  return last.settings;
}

/** @param settings what the options came to. They are frozen. */
export function keepDehydration(manager: ManagerSettings, options: OwnOptions, settings: DehydrateSettings): void {
  const values = options.values.map((value, index) => (options.names[index] === "signal" ? undefined : value));
  lastOf.set(manager, { options: { names: options.names, values }, settings: Object.freeze(settings) });
}
