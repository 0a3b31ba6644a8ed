import { explore } from "../explore.js";
import { labelsModel, type Mistake, type Rules } from "./labels-model.js";

// Clocks that agree, and that differ by the margin in either direction.
const OFFSETS: Rules["offsets"][] = [
  [0, 0],
  [0, 1],
  [1, 0],
];

describe("the model of labels", () => {
  it.each(OFFSETS)("loses no reference before its time, with clocks that are %d and %d off", (...offsets) => {
    const { states, problem } = explore(labelsModel({ writers: 2, offsets }));
    expect(problem).toBeUndefined();
    expect(states).toBeGreaterThan(5_000);
  });

  it.each([{ sleeps: true }, { setsBack: true }])("loses none when one of its two clocks is wrong: %p", (changes) => {
    expect(explore(labelsModel({ writers: 1, offsets: [0, 0], ...changes })).problem).toBeUndefined();
  });

  // Then nothing in the process knows how late it is. What sets a clock back by more than the margin while the machine
  // sleeps is beyond what is promised.
  it("shows what is assumed: that not both are wrong in one call", () => {
    expect(explore(labelsModel({ writers: 1, offsets: [0, 0], sleeps: true, setsBack: true })).problem).toBeDefined();
  });

  it("has as many states as when it was written", () => {
    const states = OFFSETS.map((offsets) => explore(labelsModel({ writers: 2, offsets })).states);
    expect(states).toEqual([5353, 5976, 5135]);
  });

  it.each<[Mistake, Partial<Rules>]>([
    ["no margin", { offsets: [0, 1] }],
    ["ttl is shorter than the call may take", {}],
    ["the label is rounded down", { offsets: [0, 1] }],
    ["the time limit goes by timers alone", { writers: 1, sleeps: true }],
    ["the time limit goes by the wall clock alone", { writers: 1, setsBack: true }],
    ["the path has no label", {}],
    ["the call does not wait for its write", {}],
  ])("finds the mistake: %s", (mistake, changes) => {
    const { problem } = explore(labelsModel({ writers: 2, offsets: [0, 0], ...changes, mistake }));
    expect(problem?.what).toBe("A reference that was returned is dead before its time.");
  });
});
