import { readFileSync } from "node:fs";
import { messagesChart, messagesRuns, withMessages } from "../../bench/report/messages.js";

const { results, others } = messagesRuns("bench/results");

describe("messages a second of CPU", () => {
  it("are those of one run, on the page, in the picture and in the README", () => {
    const page = readFileSync("docs/benchmarks.md", "utf8");
    const squeezed = (text: string): string => text.replace(/[ -]+/g, " ");
    expect(squeezed(withMessages(page, results, others))).toBe(squeezed(page));
    expect(readFileSync("docs/pictures/messages.svg", "utf8")).toBe(messagesChart(results));

    const readme = readFileSync("README.md", "utf8");
    const cells = readme.split("\n").filter((line) => /^\| (\[messages of|out and back)/.test(line));
    const [names, figures] = cells.map((line) =>
      line
        .split("|")
        .slice(2, -1)
        .map((cell) => cell.trim()),
    ) as [string[], string[]];
    const told = names.map((name, index) => `${name.replace("AWS ", "")} ${figures[index]!}`);
    const rows = results.rows.filter(({ bytes }) => bytes === 10_000);
    const expected = rows.map(({ contender, out, back }) => `${contender} ${(1e6 / (out + back)).toFixed(0)}`);
    expect(told).toHaveLength(4);
    expect(expected).toEqual(expect.arrayContaining(told));
  });

  it("need a place on the page", () => {
    expect(() => withMessages("# Another page", results, others)).toThrow("no place");
  });
});
