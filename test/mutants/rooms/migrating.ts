import { behaviour, seenByTests, type Mutant } from "../mutant.js";

const STORE = "store/compose/migrating/migrating-store.ts";
const COPY = "store/compose/migrating/copy-object.ts";
const TESTS = "store/compose/migrating";

export const MIGRATING: readonly Mutant[] = [
  {
    name: "new is deleted before old",
    promise: behaviour("what was released does not come back from another store"),
    file: STORE,
    from: "for (const store of [this.#from, this.#to]) {",
    to: "for (const store of [this.#to, this.#from]) {",
    seenBy: seenByTests(`${TESTS}/migration-scheduled.test.ts`),
  },
  {
    name: "a copier does not look again",
    promise: behaviour("what was released does not come back from another store"),
    file: COPY,
    from: '    if ((await from.stat(path)) !== undefined) return "copied";',
    to: '    if (path !== "") return "copied";',
    seenBy: seenByTests(`${TESTS}/migration-scheduled.test.ts`, `${TESTS}/migrate.test.ts`),
  },
  {
    name: "a copy that could not be looked at stays",
    promise: behaviour("what was released does not come back from another store"),
    file: COPY,
    from: "    await takeBack(to, path, copy.etag);\n    throw error;",
    to: "    throw error;",
    seenBy: seenByTests(`${TESTS}/migrate.test.ts`),
  },
  {
    name: "a recorded argument is the caller's own",
    promise: behaviour("what was recorded does not change later"),
    file: "testing/recording/call-journal.ts",
    from: "args.map(snapshot)",
    to: "[...args]",
    seenBy: seenByTests("testing/recording/recording-manager.test.ts"),
  },
  {
    name: "a lifecycle rule forgets how labels are rounded",
    promise: behaviour("a lifecycle rule ends nothing before its label"),
    file: "maintain/lifecycle/lifecycle-rules.ts",
    from: "Math.ceil((longestLife(ttl) + MARGIN) / DAY)",
    to: "Math.ceil((ttl + MARGIN) / DAY)",
    seenBy: seenByTests("maintain/lifecycle/lifecycle.test.ts"),
  },
  {
    name: "a miss where is written is the end of it",
    promise: behaviour("what was not released is readable in every phase of a migration"),
    file: STORE,
    from: "return found ?? this.#readSecond(path, options, details);",
    to: "return found ?? readOf(this.#first, path, options, details);",
    seenBy: seenByTests(`${TESTS}/migration-scheduled.test.ts`),
  },
  {
    name: "a store that fails is a miss",
    promise: behaviour("a store that fails has not said that it has no such object"),
    file: "errors/error.ts",
    from: "if (isNotFound(error)) return undefined;",
    to: "if (isStorageError(error)) return undefined;",
    seenBy: seenByTests(`${TESTS}/migrating-store.test.ts`),
  },
  {
    name: "a copy takes the place of what is newer",
    promise: behaviour("a copier overwrites nothing, and takes back nothing but its own"),
    file: COPY,
    from: 'if (to.capability.ifNoneMatch) options.ifNoneMatch = "*";',
    to: "if (to.capability.ifNoneMatch) options.size = size;",
    seenBy: seenByTests(`${TESTS}/migrate.test.ts`),
  },
  {
    name: "a copier takes back what is not its own",
    promise: behaviour("a copier overwrites nothing, and takes back nothing but its own"),
    file: COPY,
    from: "to.capability.deleteIfMatch && etag !== undefined ? { ifMatch: etag } : {}",
    to: 'to.capability.deleteIfMatch && etag === undefined ? { ifMatch: "" } : {}',
    seenBy: seenByTests(`${TESTS}/migrate.test.ts`),
  },
  {
    name: "a migration goes on behind what failed",
    promise: behaviour("a migration goes on where it ended, and before what failed"),
    file: "store/compose/migrating/migrate.ts",
    from: "visit.fail();",
    to: "visit.end();",
    seenBy: seenByTests(`${TESTS}/migrate.test.ts`),
  },
  {
    name: "an unsorted listing is believed",
    promise: behaviour("a listing that is not sorted is not compared"),
    file: "store/sorted-listing.ts",
    from: "comparePaths(path, last) <= 0",
    to: "comparePaths(path, last) > 1e9",
    seenBy: seenByTests(`${TESTS}/migrate.test.ts`),
  },
];
