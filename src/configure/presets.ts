import type { OwnOptions } from "../options/parse-options.js";
import type { StorageManagerOptions } from "./options.js";

/** Sets of options for one kind of use. See {@link StorageManagerOptions.preset}. */
export type Preset = keyof typeof PRESETS;

/** The options that each preset stands for, and nothing more. */
export const PRESETS = {
  // The result of one step is handed on by the next step, and read by several.
  workflow: { references: "pass", readCache: { maxBytes: 67_108_864 } },
  // The limit of the smallest brokers is 256 KiB with attributes. Inline values cost their reader no request.
  message: { maxInlineSize: 32_768, maxEnvelopeSize: 196_608 },
} as const satisfies Record<string, StorageManagerOptions>;

/** Adds the options of the preset where none are given. The check of the options reports an unknown preset. */
export function withPreset({ names, values }: OwnOptions): OwnOptions {
  const preset = values[names.indexOf("preset")];
  if (typeof preset !== "string" || !Object.hasOwn(PRESETS, preset)) return { names, values };
  const given = new Map<string, unknown>(Object.entries(PRESETS[preset as Preset]));
  for (const [index, name] of names.entries()) {
    if (values[index] !== undefined || !given.has(name)) given.set(name, values[index]);
  }
  return { names: [...given.keys()], values: [...given.values()] };
}
