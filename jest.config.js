import { ENTRIES } from "./scripts/entries.mjs";

// The AWS SDK warns on Node 20, which we support, in every process that makes a client.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";

/** @type {import("jest").Config} */
export default {
  // Without it, each file compiles what all files use, and makes every promise of the files after it slower.
  testEnvironment: "<rootDir>/test/support/test-environment.ts",
  setupFilesAfterEnv: ["<rootDir>/test/support/equal-bytes.ts"],
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  // Services need servers, the package needs a build: each has a command of its own.
  // Engines need a later Node: `npm run test:nodes`.
  testPathIgnorePatterns: [
    "/node_modules/",
    "<rootDir>/test/services/",
    "<rootDir>/test/package/",
    "<rootDir>/test/engines/",
  ],
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
};
