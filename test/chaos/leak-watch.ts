import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { turn } from "../support/turn.js";

// Bytes that the heap may grow by while cases run: caches of patterns and of compiled code come to some.
const MOST_GROWTH = 24 * 1024 ** 2;
const FIRST_CASES = 200;
const EVERY = 200;
// Milliseconds in which what was closed is gone.
const PATIENCE = 2000;

/** Looks at what a process holds, now and then, while cases run in it: nothing of them may stay. */
export class LeakWatch {
  readonly #collect: () => void;
  readonly #resources: readonly string[];
  #cases = 0;
  #first: number | undefined;
  /** The heap at the last look, in bytes. */
  heap = 0;

  constructor() {
    setFlagsFromString("--expose-gc");
    this.#collect = runInNewContext("gc") as () => void;
    this.#resources = resources();
  }

  /** To be called after each case. Gives what is wrong. */
  async afterCase(): Promise<string | undefined> {
    if (++this.#cases < FIRST_CASES || this.#cases % EVERY !== 0) return undefined;
    await turn();
    this.#collect();
    this.heap = process.memoryUsage().heapUsed;
    this.#first ??= this.heap;
    const growth = this.heap - this.#first;
    if (growth <= MOST_GROWTH) return undefined;
    return `the heap has grown by ${(growth / 1024 ** 2).toFixed(0)} MiB in ${this.#cases} cases`;
  }

  /** What is held now that was not at the beginning, and does not go soon. */
  async left(): Promise<string[]> {
    for (let waited = 0; waited < PATIENCE && this.#left().length > 0; waited += 20) await delay(20);
    return this.#left();
  }

  #left(): string[] {
    const before = [...this.#resources];
    return resources().filter((resource) => {
      const index = before.indexOf(resource);
      if (index !== -1) before.splice(index, 1);
      return index === -1;
    });
  }
}

// Immediates are how time passes here.
function resources(): string[] {
  return process.getActiveResourcesInfo().filter((resource) => resource !== "Immediate");
}
