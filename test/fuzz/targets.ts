import { readdirSync } from "node:fs";
import type { Target } from "./target.js";

/** The names of all targets: of the files in targets/. */
export function targetNames(): string[] {
  return namesIn("targets");
}

/** The names of targets with a bug in each, to see that fuzzing finds it. */
export function plantedNames(): string[] {
  return namesIn("planted");
}

export async function loadTarget(name: string): Promise<Target> {
  const room = plantedNames().includes(name) ? "planted" : "targets";
  const { target } = (await import(`./${room}/${name}.js`)) as { target: Target };
  return target;
}

function namesIn(room: string): string[] {
  return readdirSync(`test/fuzz/${room}`)
    .map((file) => file.replace(/\.ts$/, ""))
    .sort();
}
