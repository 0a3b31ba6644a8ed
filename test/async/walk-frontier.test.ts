import fc from "fast-check";
import { WalkFrontier, type Visit } from "../../src/async/walk-frontier.js";

describe("the frontier of a walk", () => {
  it("is the last path below which all is done, in whatever order visits end", () => {
    const fate = fc.constantFrom("passes", "ends", "fails");
    fc.assert(
      fc.property(fc.array(fate, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (fates, choices) => {
        const frontier = new WalkFrontier();
        const open: { place: number; visit: Visit }[] = [];
        const isDone = fates.map(() => false);
        const expectFrontier = (walked: number): void => {
          const done = isDone.slice(0, walked);
          const reached = done.includes(false) ? done.indexOf(false) : walked;
          expect(frontier.lastPath).toBe(reached === 0 ? undefined : `path ${reached - 1}`);
        };
        const settleOne = (walked: number): void => {
          const [one] = open.splice(choices.next().value % open.length, 1);
          isDone[one!.place] = fates[one!.place] === "ends";
          if (isDone[one!.place]) one!.visit.end();
          else one!.visit.fail();
          expectFrontier(walked);
        };
        for (const [place, how] of fates.entries()) {
          if (how === "passes") {
            frontier.pass(`path ${place}`);
            isDone[place] = true;
          } else open.push({ place, visit: frontier.begin(`path ${place}`) });
          expectFrontier(place + 1);
          while (open.length > 0 && choices.next().value % 2 === 0) settleOne(place + 1);
        }
        while (open.length > 0) settleOne(fates.length);
      }),
    );
  });

  it("holds what is under way, and the first failure, however many follow", () => {
    const frontier = new WalkFrontier();
    frontier.pass("a");
    const hanging = frontier.begin("b");
    for (let i = 0; i < 1000; i++) {
      frontier.begin(`c${i}`).fail();
      frontier.begin(`d${i}`).end();
    }
    expect(frontier.lastPath).toBe("a");
    hanging.end();
    expect(frontier.lastPath).toBe("b");
    expect(frontier.open).toBe(1);
  });
});
