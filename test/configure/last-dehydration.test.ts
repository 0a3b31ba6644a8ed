import fc from "fast-check";
import { dehydrateSettings, hydrateSettings } from "../../src/configure/call-settings.js";
import type { DehydrateOptions } from "../../src/configure/options.js";
import { managerSettings } from "../../src/configure/settings.js";

const signals = [new AbortController().signal, new AbortController().signal, { aborted: false }];
const options = fc.record(
  {
    scope: fc.constantFrom<unknown>("runs/1", "runs/2", "@2020-01-01", "", "a//b", 7, undefined),
    signal: fc.constantFrom<unknown>(...signals, undefined),
    prefix: fc.constantFrom<unknown>("outputs", "outputs/a", "elsewhere"),
    schema: fc.constantFrom<unknown>("order", undefined),
    maxInlineSize: fc.constantFrom<unknown>(0, 10, -1),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<DehydrateOptions>;

function said(make: () => object): unknown {
  try {
    return Object.fromEntries(Object.entries(make()));
  } catch (error) {
    return (error as Error).message;
  }
}

describe("the options of one call", () => {
  it("never reach another, of the same manager, whatever came before", () => {
    fc.assert(
      fc.property(fc.array(options, { minLength: 2, maxLength: 6 }), (calls) => {
        const settings = managerSettings({});
        for (const call of calls) {
          // A copy of the settings has no last call.
          expect(said(() => dehydrateSettings(settings, call))).toEqual(
            said(() => dehydrateSettings({ ...settings }, call)),
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it("are checked again where nothing but the scope or the signal is another", () => {
    const own = [
      ...["runs/1", "runs/2", "@2020-01-01", ".done", "", "a//b", "a/..", 7, undefined].map((scope) => ({ scope })),
      ...[...signals, undefined].map((signal) => ({ signal })),
    ] as DehydrateOptions[];
    for (const first of own) {
      for (const second of own) {
        const settings = managerSettings({});
        said(() => dehydrateSettings(settings, first));
        expect(said(() => dehydrateSettings(settings, second))).toEqual(
          said(() => dehydrateSettings(managerSettings({}), second)),
        );
      }
    }
  });

  it("are checked also where only the signal is given", () => {
    const settings = managerSettings({});
    const [signal] = signals as [AbortSignal];
    expect(hydrateSettings(settings, { signal })).toEqual(hydrateSettings(settings, { signal, stepRunId: undefined }));
    expect(() => hydrateSettings(settings, { signal: signals[2] as AbortSignal })).toThrow(
      "signal: must be an AbortSignal",
    );
  });
});
