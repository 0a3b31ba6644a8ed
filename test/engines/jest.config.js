import base from "../../jest.config.js";

/** Tests against engines that need Node 22: `npm run test:nodes` runs them there. */
export default {
  ...base,
  rootDir: "../..",
  testMatch: ["<rootDir>/test/engines/**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/"],
};
