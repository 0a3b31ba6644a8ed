import { Refusal } from "./answers.js";

const MAX_AT_ONCE = 8;

/** Limits how much work runs at once. Work over the limit is refused, and the caller may ask again later. */
export class Workload {
  #running = 0;
  readonly #alone = new Set<string>();

  /** Runs one of several jobs. @throws {Refusal} if too many jobs are running */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= MAX_AT_ONCE) throw busy(`${MAX_AT_ONCE} requests are under way.`);
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
    }
  }

  /**
   * Runs a job that may run only once at a time.
   *
   * @throws {Refusal} if a job of this name is running
   */
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
