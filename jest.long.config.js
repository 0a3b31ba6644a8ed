import base from "./jest.config.js";
import { LONG_TESTS } from "./scripts/long-tests.mjs";

/** The tests that `npm test` leaves to `npm run test:long`. */
export default { ...base, testMatch: LONG_TESTS };
