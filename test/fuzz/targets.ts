import { readdirSync } from "node:fs";
import type { Target } from "./target.js";

/** The names of all targets: of the files in targets/. */
export function targetNames(): string[] {
  return readdirSync("test/fuzz/targets")
    .map((file) => file.replace(/\.ts$/, ""))
    .sort();
}

export async function loadTarget(name: string): Promise<Target> {
  const { target } = (await import(`./targets/${name}.js`)) as { target: Target };
  return target;
}
