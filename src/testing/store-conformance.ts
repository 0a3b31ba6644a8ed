import type { Store } from "../store/store.js";
import { aborting } from "./conformance/aborting.js";
import { attributes } from "./conformance/attributes.js";
import { bodies } from "./conformance/bodies.js";
import type { CaseGroup, ConformanceCase } from "./conformance/case.js";
import { concurrency } from "./conformance/concurrency.js";
import { conditions } from "./conformance/conditions.js";
import { conditionsOfLargeBodies } from "./conformance/conditions-of-large-bodies.js";
import { deletesInRaces } from "./conformance/deletes-in-races.js";
import { ConformanceContext, type ConformanceLimits } from "./conformance/context.js";
import { copying } from "./conformance/copying.js";
import { invalidArguments } from "./conformance/invalid-arguments.js";
import { lifecycle } from "./conformance/lifecycle.js";
import { listing } from "./conformance/listing.js";
import { paths } from "./conformance/paths.js";
import { presigning } from "./conformance/presigning.js";
import { ranges } from "./conformance/ranges.js";
import { reading } from "./conformance/reading.js";
import { roundTrips } from "./conformance/round-trips.js";
import { assertUnsupported } from "./conformance/unsupported.js";

const GROUPS: readonly CaseGroup[] = [
  lifecycle,
  roundTrips,
  bodies,
  reading,
  ranges,
  attributes,
  conditions,
  conditionsOfLargeBodies,
  deletesInRaces,
  listing,
  copying,
  presigning,
  paths,
  invalidArguments,
  aborting,
  concurrency,
];

/** The test runner: the globals of jest or vitest, or the module `node:test`. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => Promise<void>): unknown;
  /** Not used: every case creates and destroys its own store. Here so that a whole runner can be handed over. */
  beforeEach?: unknown;
  /** Not used; see `beforeEach`. */
  afterEach?: unknown;
}

/** What {@link storeConformance} tests, and how much it writes. */
export interface StoreConformanceOptions {
  /** Names the suite in the test report. */
  name: string;
  /**
   * Makes the store of one case. It is called for every case, which may close the store. The stores may all lie over
   * one server, directory or bucket: every case writes below a prefix of its own.
   */
  create: () => Store | Promise<Store>;
  /** Takes the store of a case away, also when it failed. Default: closes it. */
  destroy?: (store: Store) => unknown;
  /** Bytes of the largest object written, at least 1. Default 6 MiB and one byte, so that S3 takes two parts. */
  largeObjectSize?: number;
  /** Objects of the longest listing. Default 30; over 1,000 for a store that lists in pages of that size. */
  manyObjects?: number;
  /** Milliseconds in which an aborted call must settle, before the case fails. Default 5,000. */
  settleTimeout?: number;
}

/**
 * Registers the behaviour that every {@link Store} must show as tests: for drivers and compositions alike. What the
 * store's capability advertises must work; what it does not advertise must be `UNSUPPORTED`, without I/O.
 *
 * @example
 * import { storeConformance } from "coatcheck/testing";
 *
 * storeConformance({ describe, it }, { name: "MyStore", create: () => new MyStore() });
 */
export function storeConformance(runner: TestRunner, options: StoreConformanceOptions): void {
  runner.describe(`${options.name}: store conformance`, () => {
    for (const group of GROUPS) {
      runner.describe(group.name, () => {
        for (const conformanceCase of group.cases) {
          runner.it(conformanceCase.name, () => runCase(conformanceCase, options));
        }
      });
    }
  });
}

async function runCase(conformanceCase: ConformanceCase, options: StoreConformanceOptions): Promise<void> {
  const store = await options.create();
  try {
    const context = new ConformanceContext(store, limitsOf(options));
    const missing = conformanceCase.needs.find((flag) => !store.capability[flag]);
    await (missing === undefined ? conformanceCase.run(context) : assertUnsupported(context, missing));
  } finally {
    await (options.destroy === undefined ? store.close() : options.destroy(store));
  }
}

function limitsOf(options: StoreConformanceOptions): ConformanceLimits {
  const { largeObjectSize = 6 * 1024 * 1024 + 1, manyObjects = 30, settleTimeout = 5000 } = options;
  return { largeObjectSize, manyObjects, settleTimeout };
}
