import type { OwnOptions } from "../options/parse-options.js";
import type { StorageManagerOptions } from "./options.js";

/** Sets of options for one kind of use: see {@link StorageManagerOptions.preset}. */
export type Preset = keyof typeof PRESETS;

/** The options that each preset stands for, and nothing more. */
export const PRESETS = {
  // What one step gave is handed on by the next, and read by several.
  workflow: { references: "pass", readCache: { maxBytes: 67_108_864 } },
  // The limit of the smallest brokers is 256 KiB with attributes; what is inline costs its reader no request.
  message: { maxInlineSize: 32_768, maxEnvelopeSize: 196_608 },
} as const satisfies Record<string, StorageManagerOptions>;

/** The options with those of their preset, where nothing is given. An unknown preset is left to the check. */
export function withPreset({ names, values }: OwnOptions): OwnOptions {
  const preset = values[names.indexOf("preset")];
  if (typeof preset !== "string" || !Object.hasOwn(PRESETS, preset)) return { names, values };
  const given = new Map<string, unknown>(Object.entries(PRESETS[preset as Preset]));
  for (const [index, name] of names.entries()) {
    if (values[index] !== undefined || !given.has(name)) given.set(name, values[index]);
  }
  return { names: [...given.keys()], values: [...given.values()] };
}
