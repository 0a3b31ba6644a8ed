/**
 * Tests that start programs, go through 100,000 objects or levels, or judge the whole source or book: as globs of their
 * files. They take a third of the time of all tests, and `npm run test:long` runs them. `npm test` runs all others.
 */
export const LONG_TESTS = [
  "bench/bench",
  "chaos/chaos",
  "command/many-objects",
  "dehydrate/streams/stream-memory",
  "docs/{readme,s3-rights}",
  "docs/requests/*",
  "examples/*",
  "json/json-writer-nesting",
  "maintain/collect/{many-objects,processes}",
  "plan/nesting",
  "regular-expressions",
  "store/**/*fault-runs",
  "store/compose/migrating/migrate-memory",
  "store/drivers/file/file-store-{processes,races}",
  "support/fault-run",
].map((part) => `**/test/${part}*.test.ts`);
