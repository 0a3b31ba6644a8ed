import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { mutated, type Mutant } from "./mutant.js";
import { sampled, seedOfDay } from "./sample.js";
import { COPIED } from "./source-copy.js";
import { MUTANTS } from "./table.js";

const plain = (text: string): string => text.replaceAll("**", "").replace(/\s+/g, " ");
const texts = new Map<string, string>();

function textOf(document: string): string {
  const text = texts.get(document) ?? plain(readFileSync(document, "utf8"));
  texts.set(document, text);
  return text;
}

/** The first cells of the rows of a document that match. */
function firstCells(document: string, section: RegExp, row: RegExp): string[] {
  const text = section.exec(readFileSync(document, "utf8"))![0];
  return text
    .split("\n")
    .filter((line) => row.test(line))
    .map((line) => plain(line.split("|")[1]!.trim()));
}

function directoriesIn(directory: string): string[] {
  return readdirSync(directory)
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isDirectory());
}

describe("mutants", () => {
  it("replace what stands once in its file, by something else", () => {
    const problems = MUTANTS.map((mutant) => {
      try {
        const source = readFileSync(`src/${mutant.file}`, "utf8");
        return mutated(source, mutant) === source ? `"${mutant.name}" changes nothing` : undefined;
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(problems.filter((problem) => problem !== undefined)).toEqual([]);
  });

  it("break promises that stand in their documents", () => {
    const isNowhere = ({ promise: { document, says } }: Mutant): boolean => !textOf(document).includes(plain(says));
    expect(MUTANTS.filter(isNowhere).map(({ name }) => name)).toEqual([]);
  });

  it("name tests that exist", () => {
    const missing = MUTANTS.flatMap(({ name, seenBy }) => {
      const tests = "tests" in seenBy ? seenBy.tests : ["chaos/chaos.test.ts"];
      return tests.length === 0 ? [name] : tests.filter((test) => !existsSync(`test/${test}`));
    });
    expect(missing).toEqual([]);
  });

  it("are seen by tests that find in a copy all that they, or programs beside them, import", () => {
    const tests = MUTANTS.flatMap(({ seenBy }) => ("tests" in seenBy ? seenBy.tests : []));
    const folders = [...new Set(tests.map((test) => dirname(join("test", test))))];
    const files = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
    const foreign = files
      .filter((file) => /\.m?ts$/.test(file))
      .flatMap((file) =>
        [...readFileSync(file, "utf8").matchAll(/^(?:import|export)\b[^;]*? from "(\.[^"]+)";$/gm)]
          .map(([, path]) => join(dirname(file), path!))
          .filter((path) => !COPIED.some((copied) => path.startsWith(`${copied}/`)))
          .map((path) => `${file}: ${path}`),
      );
    expect(files.length).toBeGreaterThan(300);
    expect(foreign).toEqual([]);
  });

  it("have names of their own", () => {
    const names = MUTANTS.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it("are in every room, every driver and every composition", () => {
    const rooms = [
      ...directoriesIn("src"),
      ...directoriesIn("src/store/drivers"),
      ...directoriesIn("src/store/compose"),
    ];
    expect(rooms.length).toBeGreaterThan(18);
    const isEmpty = (room: string): boolean => !MUTANTS.some(({ file }) => `src/${file}`.startsWith(`${room}/`));
    expect(rooms.filter(isEmpty)).toEqual([]);
  });

  it.each([
    ["docs/behaviours.md", 50, /^[^]*$/, /^\| \*\*/],
    ["SECURITY.md", 18, /^## Threats[^]*?^## /m, /^\| (?!threat +\||-)/],
  ])("break each promise of %s that a simpler design would not keep", (document, count, section, row) => {
    const promises = firstCells(document, section, row);
    expect(promises.length).toBeGreaterThan(count);
    const broken = new Set(MUTANTS.map(({ promise }) => plain(promise.says)));
    expect(promises.filter((promise) => !broken.has(promise))).toEqual([]);
  });

  it("are stale where what they replace is gone, or stands twice", () => {
    const mutant = { ...MUTANTS[0]!, from: "a", to: "$&b" };
    expect(mutated("cat", mutant)).toBe("c$&bt");
    expect(() => mutated("dog", mutant)).toThrow(`"${mutant.name}" is stale: what it replaces stands 0 times`);
    expect(() => mutated("banana", mutant)).toThrow(`stands 3 times in src/${mutant.file}`);
  });

  it("are sampled by a seed, of which each day has one", () => {
    expect(seedOfDay(new Date("2026-11-28T23:59:59Z"))).toBe(20261128);
    const names = (seed: number): string[] => sampled(MUTANTS, 12, seed).map(({ name }) => name);
    expect(new Set(names(1)).size).toBe(12);
    expect(names(1)).toEqual(names(1));
    expect(names(1)).not.toEqual(names(2));
  });
});
