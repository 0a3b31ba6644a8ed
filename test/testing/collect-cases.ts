import type { TestRunner } from "../../src/testing/index.js";

/** One test that was registered. */
export interface CollectedCase {
  /** The names of its suites and its own, joined by " > ", without that of the outermost suite. */
  name: string;
  body: () => Promise<void>;
}

/** A test runner that only notes what is registered with it. */
export function collectCases(register: (runner: TestRunner) => void): CollectedCase[] {
  const cases: CollectedCase[] = [];
  const suites: string[] = [];
  register({
    describe(name, body) {
      suites.push(name);
      body();
      suites.pop();
    },
    it(name, body) {
      cases.push({ name: [...suites.slice(1), name].join(" > "), body });
    },
  });
  return cases;
}
