import base from "./jest.config.js";

/** Tests against real servers: `npm run test:services` starts those and says in the environment where they are. */
export default {
  ...base,
  testMatch: ["<rootDir>/test/services/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/"],
  testTimeout: 30_000,
  testSequencer: "<rootDir>/test/support/test-sequencer.mjs",
};
