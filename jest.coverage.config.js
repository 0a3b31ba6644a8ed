import base from "./jest.config.js";
import { LONG_TESTS } from "./scripts/long-tests.mjs";

// The rooms that everything depends on. Measuring the others too takes a quarter of the time again:
// npm run coverage -- --collectCoverageFrom='src/**/*.ts'
const CORE_ROOMS = [
  "json",
  "object",
  "schemas",
  "codecs",
  "reference",
  "plan",
  "configure",
  "access",
  "call",
  "dehydrate",
  "hydrate",
  "maintain",
  "manager",
];

// The tests of these rooms reach all that counts: what others reach of them is no test of theirs. Code with counters takes up to
// twice as long, and as long again to load.
const COUNTED = [`{${CORE_ROOMS.join(",")}}/**/*`, "*"];

// Go through a little code millions of times, or through much of it fifty times at once.
const NOT_COUNTED = ["plan/{endless,plain-walk,plan-model,round-trip}", "shared-signals"];

const tests = (files) => files.map((file) => `**/test/${file}.test.ts`);
const not = (globs) => globs.map((glob) => `!${glob}`);

const { testMatch, testTimeout, maxWorkers, ...room } = base;

/**
 * All tests but those of `npm run test:long`, at once: some on source with counters, some without. The command gives V8 more
 * space for new objects, of which tests make many: it takes a sixth off the time of a worker.
 * @type {import("jest").Config}
 */
export default {
  testTimeout,
  maxWorkers,
  testSequencer: "<rootDir>/test/support/test-sequencer.mjs",
  collectCoverage: true,
  collectCoverageFrom: CORE_ROOMS.map((room) => `src/${room}/**/*.ts`),
  // Not V8: its block coverage does not see an `if` whose `else` is never taken.
  coverageProvider: "babel",
  coverageReporters: ["text-summary"],
  coverageThreshold: Object.fromEntries(CORE_ROOMS.map((room) => [`./src/${room}/`, { lines: 95, branches: 95 }])),
  projects: [
    { ...room, testMatch: [...tests(COUNTED), ...not([...tests(NOT_COUNTED), ...LONG_TESTS])] },
    {
      ...room,
      testMatch: [...testMatch, ...not(tests(COUNTED)), ...tests(NOT_COUNTED), ...not(LONG_TESTS)],
      coveragePathIgnorePatterns: ["<rootDir>/src/"],
    },
  ],
};
