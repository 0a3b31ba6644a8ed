import { explore, type Model } from "./explore.js";

// Two processes that read a counter, and then write what they read plus one.
interface Counter {
  value: number;
  read: (number | "done" | "idle")[];
}

const racing: Model<Counter> = {
  initial: [{ value: 0, read: ["idle", "idle"] }],
  *steps({ value, read }) {
    for (const [i, at] of read.entries()) {
      if (at === "idle") yield [`${i} reads`, { value, read: read.with(i, value) }];
      else if (at !== "done") yield [`${i} writes`, { value: at + 1, read: read.with(i, "done") }];
    }
  },
};

it("looks at every state once", () => {
  // Four before anybody wrote, six when one of them has, and two ends: of a lost update, and of none.
  expect(explore(racing)).toEqual({ states: 12, ends: 2 });
});

it("finds the shortest way to a problem at the end", () => {
  const found = explore({ ...racing, problemAtEnd: ({ value }) => (value === 2 ? undefined : `lost: ${value}`) });
  expect(found.problem).toEqual({ what: "lost: 1", steps: ["0 reads", "1 reads", "0 writes", "1 writes"] });
});

it("finds the shortest way to a problem on the way", () => {
  const found = explore({ ...racing, problem: ({ value }) => (value > 0 ? "written" : undefined) });
  expect(found.problem?.steps).toEqual(["0 reads", "0 writes"]);
});

it("refuses a model that is larger than it was meant to be", () => {
  const endless: Model<number> = { initial: [0], steps: (n) => [["on", n + 1]] };
  expect(() => explore(endless, 100)).toThrow("more than 100 states");
});
