import { ENTRIES } from "./scripts/entries.mjs";

// The AWS SDK warns on Node 20, which we support, in every process that makes a client.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

// The rooms that everything depends on. Measuring the others too takes a quarter of the time again:
// npx jest --coverage --collectCoverageFrom='src/**/*.ts'
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

/** @type {import("jest").Config} */
export default {
  // Without it, each file of a worker makes every promise of the files after it slower.
  testEnvironment: "<rootDir>/test/support/test-environment.ts",
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  // Services need servers, the package needs a build: each has a command of its own.
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/test/services/", "<rootDir>/test/package/"],
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  transform: {
    "\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "commonjs" } },
    ],
  },
  moduleNameMapper: {
    "^(\\.{1,2}/.*)\\.js$": "$1",
    // Examples and the README import the package by its name, and so does what src/ loads late.
    ...Object.fromEntries(Object.entries(ENTRIES).map(([entry, file]) => [`^${entry}$`, `<rootDir>/${file}`])),
  },
  // Generous: machines that run CI are slow at times, and a test that hangs is found all the same.
  testTimeout: 30_000,
  // Jest would leave one core of two idle.
  maxWorkers: "100%",
  collectCoverageFrom: CORE_ROOMS.map((room) => `src/${room}/**/*.ts`),
  // Not V8: its block coverage does not see an `if` whose `else` is never taken.
  coverageProvider: "babel",
  coverageReporters: ["text-summary", "lcovonly"],
  coverageThreshold: Object.fromEntries(CORE_ROOMS.map((room) => [`./src/${room}/`, { lines: 95, branches: 95 }])),
};
