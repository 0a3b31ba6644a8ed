import { testCase, type CaseGroup } from "./case.js";
import { patternBytes, type ConformanceContext } from "./context.js";
import { etagOf, IF_ABSENT, IF_MATCH, raceWriters, STALE, type RacingBody } from "./races.js";
import { assertRejects } from "./rejection.js";
import { chunksOf } from "./sources.js";

const WRITERS = 4;
const CHUNK = 1024 * 1024;

const KINDS = ["bytes", "a stream"] as const;
type Kind = (typeof KINDS)[number];

// Services take large bodies in parts. They check the condition elsewhere than for a small body, or not at all.
export const conditionsOfLargeBodies: CaseGroup = {
  name: "conditions of large bodies",
  cases: KINDS.flatMap((kind) => [
    testCase(`ifNoneMatch keeps what is there from ${kind}`, IF_ABSENT, async (context) => {
      const path = await context.put("object", "first");
      const [large] = largeBodies(context, kind, 1);
      const call = () => context.store.write(path, large!.body(), { ifNoneMatch: "*" });
      await assertRejects(call, "ALREADY_EXISTS", { operation: "write", path });
      await context.assertContent(path, "first");
    }),
    testCase(`ifNoneMatch lets one of ${WRITERS} writers of ${kind} win`, IF_ABSENT, async (context) => {
      const bodies = largeBodies(context, kind, WRITERS);
      await raceWriters(context, context.path("object"), { ifNoneMatch: "*" }, bodies);
    }),
    testCase(`ifMatch keeps another version from ${kind}`, IF_MATCH, async (context) => {
      const path = await context.put("object", "first");
      const [large] = largeBodies(context, kind, 1);
      const call = () => context.store.write(path, large!.body(), { ifMatch: STALE });
      await assertRejects(call, "PRECONDITION_FAILED", { operation: "write", path });
      await context.assertContent(path, "first");
    }),
    testCase(`ifMatch lets one of ${WRITERS} writers of ${kind} win`, IF_MATCH, async (context) => {
      const path = await context.put("object", "first");
      const ifMatch = await etagOf(context, path);
      await raceWriters(context, path, { ifMatch }, largeBodies(context, kind, WRITERS));
    }),
  ]),
};

/** Makes different large bodies. They are views of the same bytes, each a byte shorter than the one before. */
function largeBodies({ limits, store }: ConformanceContext, kind: Kind, writers: number): RacingBody[] {
  const size = Math.min(limits.largeObjectSize, store.capability.maxObjectSize ?? Infinity);
  const all = patternBytes(size);
  return Array.from({ length: writers }, (_, writer) => {
    const bytes = all.subarray(Math.min(writer, size));
    return { bytes, body: () => (kind === "bytes" ? bytes : chunksOf(bytes, CHUNK)) };
  });
}
