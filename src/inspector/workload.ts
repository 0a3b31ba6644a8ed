import { Refusal } from "./answers.js";

const MAX_AT_ONCE = 8;

/** How much is done at once: what would be more is refused, and may be asked again. */
export class Workload {
  #running = 0;
  readonly #alone = new Set<string>();

  /** Does one of several things. @throws {Refusal} */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_AT_ONCE) throw busy(`${MAX_AT_ONCE} requests are under way.`);
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
    }
  }

  /** Does what is done once at a time. @throws {Refusal} */
  async runAlone<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#alone.has(name)) throw busy(`One ${name} is under way.`);
    this.#alone.add(name);
    try {
      return await work();
    } finally {
      this.#alone.delete(name);
    }
  }
}

function busy(what: string): Refusal {
  return new Refusal(429, "BUSY", `${what} Ask again when it has ended.`, { "retry-after": "1" });
}
