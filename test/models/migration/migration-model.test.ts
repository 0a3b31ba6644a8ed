import { explore } from "../explore.js";
import { migrationModel, type Mistake, type Phase, type Rules } from "./migration-model.js";

const MIXED = { readers: ["prepare", "move", "drain"] } satisfies Partial<Rules>;

const WORLDS: [string, Rules][] = [
  ["what lay there", { ...MIXED, writers: [] }],
  ["what lay there, released", { ...MIXED, writers: [], releaser: "move" }],
  ...(["prepare", "move"] as const).flatMap((releaser): [string, Rules][] => [
    [`written in prepare, released in ${releaser}`, { ...MIXED, writers: ["prepare"], releaser }],
    [`written in move, released in ${releaser}`, { ...MIXED, writers: ["move"], releaser }],
    [`written in both, released in ${releaser}`, { ...MIXED, writers: ["prepare", "move"], releaser }],
  ]),
  ["written in both, not released", { ...MIXED, writers: ["prepare", "move"] }],
  ["before anybody moves", { writers: ["plain", "prepare"], readers: ["plain", "prepare"], releaser: "prepare" }],
];

describe("the model of a migration", () => {
  it.each(WORLDS)("loses nothing and brings nothing back, in any order of steps: %s", (_, rules) => {
    const { states, problem } = explore(migrationModel(rules));
    expect(problem).toBeUndefined();
    expect(states).toBeGreaterThan(100);
  });

  it.each(WORLDS)("loses nothing when the copier is killed at any step: %s", (_, rules) => {
    expect(explore(migrationModel({ ...rules, kills: true })).problem).toBeUndefined();
  });

  it("has as many states as when it was written", () => {
    const states = WORLDS.map(([, rules]) => explore(migrationModel(rules)).states);
    expect(states.reduce((a, b) => a + b)).toBe(15_651);
  });

  it.each<[Mistake, Partial<Rules>, string]>([
    ["release deletes new before old", {}, "What was released has come back."],
    ["release deletes where it writes", {}, "What was released has come back."],
    ["copier does not look again", {}, "What was released has come back."],
    ["copier looks before it writes", {}, "What was released has come back."],
    ["copier keeps what it could not look at", {}, "What was released has come back."],
    [
      "a failing new store is a miss",
      { writers: ["move"] },
      "A reader did not find what was written and not released.",
    ],
    ["the old store is emptied at once", {}, "A reader did not find what was written and not released."],
    [
      "last pass begins before the last writer to the old store has ended",
      { writers: ["prepare"], releaser: undefined },
      "A reader did not find what was written and not released.",
    ],
  ])("finds the mistake: %s", (mistake, changes, what) => {
    const right: Rules = { ...MIXED, writers: [], releaser: "move", ...changes };
    expect(explore(migrationModel(right)).problem).toBeUndefined();
    const { problem } = explore(migrationModel({ ...right, mistake }));
    expect(problem?.what).toBe(what);
    expect(problem?.steps.length).toBeGreaterThan(1);
  });

  it.each<[string, Phase[], Phase[]]>([
    ["a reader that does not know of the new store", ["move"], ["plain"]],
    ["a reader beside one that moves already", ["prepare", "move"], ["plain", "move"]],
  ])("finds that prepare must be everywhere first: %s", (_, writers, readers) => {
    expect(explore(migrationModel({ writers, readers })).problem?.what).toMatch(/^A reader did not find/);
  });
});

// A name that is written again after its release is the one thing that the copier can't tell from its own copy, but by an
// etag that no two versions share.
describe("the model of a name that is written again after its release", () => {
  const again: Rules = { ...MIXED, writers: [], releaser: "move", writtenAgain: true };

  it("is safe where etags are of versions, and writers write", () => {
    expect(explore(migrationModel({ ...again, uniqueEtags: true })).problem).toBeUndefined();
  });

  it("is not safe where etags are digests", () => {
    const { problem } = explore(migrationModel(again));
    expect(problem?.steps).toContain("the copier takes its copy back");
  });

  it("is not safe where a writer takes a copy for its own", () => {
    const rules: Rules = { ...again, uniqueEtags: true, mistake: "a writer takes a copy for its own" };
    expect(explore(migrationModel(rules)).problem).toBeDefined();
  });
});
