import { showState, type State } from "./version.js";

/**
 * What may be at each path, for all that its callers know: an operation that failed may have had its effect or not, so
 * there can be several states, until one is acknowledged or seen.
 */
export class PossibleStates {
  readonly #states = new Map<string, readonly State[]>();
  readonly #history = new Map<string, string[]>();

  constructor(paths: readonly string[]) {
    for (const path of paths) this.#states.set(path, [undefined]);
  }

  get paths(): string[] {
    return [...this.#states.keys()];
  }

  at(path: string): readonly State[] {
    const states = this.#states.get(path);
    if (states === undefined) throw new Violation(`there is no such path: ${path}`);
    return states;
  }

  /** The only version that there can be. */
  certain(path: string): State {
    const states = this.at(path);
    return states.length === 1 ? states[0] : undefined;
  }

  set(path: string, states: readonly State[]): void {
    this.#states.set(path, [...new Set(states)]);
  }

  /** What was done at a path, for those who look for the cause of a violation. */
  note(path: string, what: string): void {
    const history = this.#history.get(path) ?? [];
    history.push(what);
    this.#history.set(path, history.slice(-12));
  }

  explain(path: string): string {
    const states = this.at(path).map(showState).join(", or ");
    return `possible there: ${states}\n${(this.#history.get(path) ?? []).map((line) => `  ${line}`).join("\n")}`;
  }
}

/** Something that no store may do. */
export class Violation extends Error {}
