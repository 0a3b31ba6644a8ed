import fc from "fast-check";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { DehydrateOptions, HydrateOptions, StorageManagerOptions } from "../../src/index.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { longText } from "../support/payloads.js";
import { signingOptions } from "../support/signing.js";

// Whatever was called before, a call gives what the first call of a new manager gives. RUNS=10000 runs as many sequences.
const RUNS = Number(process.env.RUNS ?? 150);

const lookAlike = {
  $storageRef: "outputs/other/secret.json",
  $storageContentType: "application/json",
  $storageSize: 5,
  $storageDigest: `sha256-${"A".repeat(43)}`,
};
const payload = { list: [lookAlike, { text: longText("b", 300) }], text: longText("a", 1500) };

// `undefined` has a name all the same: it must not be taken for another option that is missing.
const maybe = <T>(...values: T[]) => fc.constantFrom<T | undefined>(undefined, ...values);
const never = new AbortController().signal;
const dehydration = fc.record(
  {
    // Always given: the ids that a manager makes for scopes are new for each call.
    scope: fc.constantFrom("run/a", "run/b"),
    prefix: maybe("outputs/x", "outputs/acme/x", "outside"),
    references: maybe("escape", "pass", "reject"),
    schema: maybe("order", ""),
    schemaVersion: maybe("1"),
    stepRunId: maybe("step"),
    audience: maybe("bob"),
    maxInlineSize: maybe(0, 200, 4096, -1),
    maxEnvelopeSize: maybe(1024, 4096),
    maxRecursionDepth: maybe(0, 1, 5),
    timeout: maybe(1000, 0),
    signal: maybe(never, AbortSignal.abort(new Error("given up"))),
    shema: maybe("misspelt"),
  },
  { requiredKeys: ["scope"] },
) as fc.Arbitrary<DehydrateOptions>;
const hydration = fc.record(
  {
    allow: maybe(["elsewhere"], ["outputs/x"]),
    stepRunId: maybe("step"),
    audience: maybe("bob"),
    maxReferences: maybe(0, 1, 100),
    maxBytes: maybe(0, 1000, 100_000),
    maxRecursionDepth: maybe(0, 1, 5),
    signal: maybe(never, AbortSignal.abort(new Error("given up"))),
    shema: maybe("misspelt"),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<HydrateOptions>;

const call = fc.oneof(
  fc.record({
    method: fc.constantFrom("dehydrate" as const, "dehydrateInputs" as const, "plan" as const),
    options: dehydration,
  }),
  fc.record({ method: fc.constant("hydrate" as const), options: hydration }),
);
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;

const MANAGERS: Record<string, { options: StorageManagerOptions; tenant?: string }> = {
  native: { options: {} },
  bubustack: { options: { dialect: "bubustack" } },
  signed: { options: { signing: signingOptions() } },
  tenant: { options: {}, tenant: "acme" },
  "signed tenant": { options: { signing: signingOptions() }, tenant: "acme" },
};

describe("a call of a manager that was used gives what that of a new one gives", () => {
  it.each(Object.keys(MANAGERS))(
    "%s",
    async (kind) => {
      const { options, tenant } = MANAGERS[kind]!;
      const make = (store: MemoryStore) => {
        const manager = new StorageManager({ ...options, store });
        return tenant === undefined ? manager : manager.forTenant(tenant);
      };
      const reused = fc.array(call, { minLength: 2, maxLength: 6 }).chain((calls) =>
        // Some objects of options are given again, in another order of their names or as they are.
        fc
          .array(fc.nat(calls.length - 1), { maxLength: 4 })
          .map((again) => [...calls, ...again.map((at) => calls[at]!)]),
      );
      await fc.assert(
        fc.asyncProperty(reused, async (calls) => {
          const store = new MemoryStore();
          const used = make(store);
          const written = await make(store).dehydrate(
            { list: payload.list.slice(1), text: payload.text },
            { scope: "written" },
          );
          for (const { method, options: given } of calls) {
            // Over the same store: what is there does not depend on the manager that wrote it.
            expect(await outcome(used, { method, options: given } as Call, written)).toEqual(
              await outcome(make(store), { method, options: given } as Call, written),
            );
          }
        }),
        { numRuns: Math.ceil(RUNS / Object.keys(MANAGERS).length) },
      );
    },
    3_600_000,
  );
});

async function outcome(manager: StorageManager, { method, options }: Call, written: unknown): Promise<unknown> {
  try {
    if (method === "hydrate") return await manager.hydrate(written, options);
    return await manager[method](payload, options);
  } catch (error) {
    return String(error);
  }
}
