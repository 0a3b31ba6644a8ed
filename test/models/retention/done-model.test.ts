import { explore } from "../explore.js";
import { doneModel, type Mistake } from "./done-model.js";

describe("the model of readers that are done", () => {
  it.each([
    [1, 3, 72],
    [2, 3, 2121],
    [3, 2, 7276],
  ])(
    "of %d readers and %d deliveries loses nothing and leaves nothing, in %d states",
    (readers, deliveries, states) => {
      const found = explore(doneModel({ readers, deliveries }));
      expect(found.problem).toBeUndefined();
      expect(found.states).toBe(states);
    },
  );

  it.each<[Mistake, string]>([
    ["a counter in place of a set", "A reader that was not done did not find the payload."],
    ["lists before it writes", "All are done, and the payload is left."],
    ["does not look at the others", "A reader that was not done did not find the payload."],
    [
      "markers go with the objects, and those that are left are asked",
      "Who comes again is told that others are not done.",
    ],
  ])("finds the mistake: %s", (mistake, what) => {
    expect(explore(doneModel({ readers: 2, deliveries: 2, mistake })).problem?.what).toBe(what);
  });
});
