import { isFunction } from "../options/fields.js";
import * as z from "zod/mini";
import { StorageError } from "../errors/error.js";
import { parseOptions } from "../options/parse-options.js";
import type { Store } from "../store/store.js";
import { aborting } from "./conformance/aborting.js";
import { attributes } from "./conformance/attributes.js";
import { bodies } from "./conformance/bodies.js";
import { CallLog } from "./conformance/call-log.js";
import type { CaseGroup, ConformanceCase } from "./conformance/case.js";
import { concurrency } from "./conformance/concurrency.js";
import { conditions } from "./conformance/conditions.js";
import { conditionsOfLargeBodies } from "./conformance/conditions-of-large-bodies.js";
import { deletesInRaces } from "./conformance/deletes-in-races.js";
import { ConformanceContext, type ConformanceLimits } from "./conformance/context.js";
import { StallGuard } from "./conformance/stall.js";
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
  /**
   * Not used, because every case creates and destroys its own store. The field exists so that a whole runner can be
   * passed.
   */
  beforeEach?: unknown;
  /** Not used; see `beforeEach`. */
  afterEach?: unknown;
}

/** The store that {@link storeConformance} tests, and how much it writes. */
export interface StoreConformanceOptions extends Partial<ConformanceLimits> {
  /** Names the suite in the test report. */
  name: string;
  /**
   * Makes the store of one case. It is called for every case, which may close the store. All stores may use the same
   * server, directory or bucket, because every case writes below a prefix of its own.
   */
  create: () => Store | Promise<Store>;
  /** Removes the store of a case, also after a failure. Default: closes it. */
  destroy?: (store: Store) => unknown;
  /**
   * Milliseconds in which some call of a case must begin or end. After that, the case fails and says which call it
   * waits for. Keep it below the limit of the test runner, which says nothing. Default 4,500, because jest and vitest
   * have 5,000.
   */
  stallTimeout?: number;
}

const count = z.int("must be a whole number").check(z.gte(1, "must be at least 1"));

const milliseconds = z.number().check(z.positive("must be positive"));

const schema = z.strictObject({
  name: z.string().check(z.minLength(1, "must not be empty")),
  create: z.custom<StoreConformanceOptions["create"]>(isFunction, "must be a function"),
  destroy: z.optional(z.custom<(store: Store) => unknown>(isFunction, "must be a function")),
  largeObjectSize: z._default(count, 6 * 1024 * 1024 + 1),
  manyObjects: z._default(count, 30),
  settleTimeout: z._default(milliseconds, 5000),
  stallTimeout: z._default(milliseconds, 4500),
} satisfies Record<keyof StoreConformanceOptions, z.ZodMiniType>);

type ConformanceSettings = z.output<typeof schema>;

/**
 * Registers tests for the behaviour that every {@link Store} must show, for drivers and compositions alike. A
 * capability that the store advertises must work. A missing capability must give `UNSUPPORTED`, without I/O. The
 * message of a failure tells the rule, what was seen, the call that shows it, and which capability turns the case off.
 *
 * @throws {StorageError} `CONFIG_INVALID` that names each invalid option, before any test is registered
 * @example
 * import { storeConformance } from "coatcheck/testing";
 *
 * storeConformance({ describe, it }, { name: "MyStore", create: () => new MyStore() });
 */
export function storeConformance(runner: TestRunner, options: StoreConformanceOptions): void {
  const settings = parseOptions(schema, options, "storeConformance");
  const given = runner as Partial<TestRunner> | null | undefined; // JavaScript may pass anything
  if (typeof given?.describe !== "function" || typeof given.it !== "function") {
    throw new StorageError("CONFIG_INVALID", "The runner of storeConformance must have describe and it.", {
      operation: "configure",
    });
  }
  runner.describe(`${settings.name}: store conformance`, () => {
    for (const group of GROUPS) {
      runner.describe(group.name, () => {
        for (const conformanceCase of group.cases) {
          runner.it(conformanceCase.name, () => runCase(group.name, conformanceCase, settings));
        }
      });
    }
  });
}

async function runCase(group: string, conformanceCase: ConformanceCase, settings: ConformanceSettings): Promise<void> {
  const store = await settings.create();
  const stall = new StallGuard(settings.stallTimeout);
  const log = new CallLog(() => stall.progress());
  try {
    const context = new ConformanceContext(log.watch(store), settings);
    const missing = conformanceCase.needs.find((flag) => !store.capability[flag]);
    await stall.over(missing === undefined ? conformanceCase.run(context) : assertUnsupported(context, missing));
  } catch (error) {
    throw caseFailure(group, conformanceCase, log, error);
  } finally {
    await (settings.destroy === undefined ? store.close() : settings.destroy(store));
  }
}

/**
 * Makes the error of a failed case. It tells the rule, what was seen, the call that shows it, and how to turn the case
 * off.
 */
function caseFailure(group: string, { name, needs }: ConformanceCase, log: CallLog, error: unknown): Error {
  const seen = error instanceof Error ? error.message : String(error);
  const culprit = log.culprit();
  const call =
    culprit &&
    [
      `The call that shows it: await ${culprit.call}${culprit.isPending ? ", which has not settled" : ""}`,
      ...(culprit.before.length > 0 ? [`After: ${culprit.before.join("; ")}`] : []),
    ].join("\n");
  const flags = needs.map((flag) => `capability.${flag}`).join(", ");
  const off =
    needs.length === 0
      ? "No capability turns this case off."
      : `A store that can't do this says false for one of: ${flags}. The case then asks for UNSUPPORTED.`;
  const lines = [`The store broke the rule "${group} > ${name}".`, `What was seen: ${seen}`, call, off];
  return new Error(lines.filter((line) => line !== undefined).join("\n"), { cause: error });
}
