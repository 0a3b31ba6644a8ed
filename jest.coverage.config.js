import base from "./jest.config.js";

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

// They go through a little code millions of times, which counters make up to twice as slow, or they are about stores alone.
// What they reach of the core rooms, the other tests reach too.
const UNCOUNTED = [
  "json/json-writer-nesting",
  "plan/{endless,nesting,plain-walk,plan-model,round-trip}",
  "store/drivers/**/*",
  "store/**/*-conformance",
  "testing/**/*",
].map((file) => `**/test/${file}.test.ts`);

const { testMatch, testTimeout, maxWorkers, ...room } = base;
const project = { ...room, testPathIgnorePatterns: [...base.testPathIgnorePatterns, "fault-runs"] };

/**
 * All tests but those of `npm run test:faults`, at once: some on source with counters, some without.
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
    { ...project, testMatch: [...testMatch, ...UNCOUNTED.map((file) => `!${file}`)] },
    { ...project, testMatch: UNCOUNTED, coveragePathIgnorePatterns: ["<rootDir>/src/"] },
  ],
};
