import { jsonFormat } from "../format/json.js";
import { defineTarget } from "../target.js";

function merge(into: Record<string, unknown>, from: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(from)) {
    const inner = into[key];
    const isBoth = [inner, value].every((side) => typeof side === "object" && side !== null);
    if (isBoth) merge(inner as Record<string, unknown>, value as Record<string, unknown>);
    else into[key] = value;
  }
}

/** A merge that follows `__proto__`. */
export const target = defineTarget<unknown>({
  format: jsonFormat,
  seeds: [{ a: { b: 1 } }],
  run(value) {
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      merge({}, value as Record<string, unknown>);
  },
});
