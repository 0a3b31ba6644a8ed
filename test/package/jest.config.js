import base from "../../jest.config.js";

/** @type {import("jest").Config} */
export default {
  rootDir: "../..",
  // Tests run at the same time here, which the environment of the others does not know.
  testEnvironment: "node",
  testMatch: ["<rootDir>/test/package/**/*.test.ts"],
  modulePathIgnorePatterns: base.modulePathIgnorePatterns,
  transform: base.transform,
  moduleNameMapper: base.moduleNameMapper,
  // How many compilers run at a time.
  maxConcurrency: 2,
  testTimeout: 120_000,
};
