import { testCase, type CaseGroup } from "./case.js";
import { atManyObjects, DELETE_IF_MATCH, etagOf, OBJECTS, raceCalls, smallBodies } from "./races.js";

const CALLS = 16;
const ROUNDS = 3;

export const deletesInRaces: CaseGroup = {
  name: "deletes in races",
  cases: [
    testCase(`deleteIfMatch lets one of ${CALLS} deletes win`, DELETE_IF_MATCH, async (context) => {
      for (let round = 0; round < ROUNDS; round++) {
        const path = await context.put("object", `version ${round}`);
        const ifMatch = await etagOf(context, path);
        const remove = () => context.store.delete(path, { ifMatch });
        await raceCalls(context, Array<typeof remove>(CALLS).fill(remove), "PRECONDITION_FAILED");
        await context.assertMissing(path);
      }
    }),
    testCase(`deleteIfMatch lets one of two deletes win, at ${OBJECTS} objects at once`, DELETE_IF_MATCH, (context) => {
      return atManyObjects(async (name) => {
        const path = await context.put(name, "first");
        const ifMatch = await etagOf(context, path);
        const remove = () => context.store.delete(path, { ifMatch });
        await raceCalls(context, [remove, remove], "PRECONDITION_FAILED");
        await context.assertMissing(path);
      });
    }),
    testCase(
      `one of ${CALLS} deletes and writes of one version wins`,
      [...DELETE_IF_MATCH, "ifMatch"],
      async (context) => {
        for (let round = 0; round < ROUNDS; round++) {
          const path = await context.put("object", "first");
          const ifMatch = await etagOf(context, path);
          const bodies = smallBodies(CALLS, round);
          const calls = bodies.map(({ bytes }, index) => () => {
            return index % 2 === 0
              ? context.store.delete(path, { ifMatch })
              : context.store.write(path, bytes, { ifMatch });
          });
          const won = await raceCalls(context, calls, "PRECONDITION_FAILED");
          if (won % 2 === 0) await context.assertMissing(path);
          else await context.assertContent(path, bodies[won]!.bytes);
        }
      },
    ),
  ],
};
