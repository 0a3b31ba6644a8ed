import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Contender } from "../contender.js";
import { ROOT } from "../root.js";
import { contender as coatcheck } from "./coatcheck.js";
import { contender as floor } from "./floor.js";
import { contender as recursive } from "./recursive.js";

/** By these names tables and charts know ours, and the floor. */
export const OURS = coatcheck.name;
export const FLOOR = floor.name;

/** What needs no package but ours. */
export const OWN_CONTENDERS: readonly Contender[] = [coatcheck, floor, recursive];

/** Whether the packages of the peers are installed: they are apart from ours. */
export function hasPeers(): boolean {
  return existsSync(join(ROOT, "bench", "node_modules", ".package-lock.json"));
}

/** All that can be measured: ours first, then the peers if their packages are installed. */
export async function loadContenders(): Promise<readonly Contender[]> {
  if (!hasPeers()) return OWN_CONTENDERS;
  const { peers } = await import("../peers/index.js");
  return [...OWN_CONTENDERS, ...peers];
}

export async function findContender(name: string): Promise<Contender> {
  const contenders = await loadContenders();
  const found = contenders.find((contender) => contender.name === name);
  if (found !== undefined) return found;
  throw new Error(`There is no contender "${name}". There are: ${contenders.map((one) => one.name).join(", ")}.`);
}
