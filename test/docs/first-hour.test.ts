import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PROGRAMS = "test/first-hour";
const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { exports: Record<string, unknown> };
const entries = Object.keys(exports).map((path) => `coatcheck${path.slice(1)}`);
const rows = [...readFileSync("docs/first-hour.md", "utf8").matchAll(/\.\.\/test\/first-hour\/(\S+)\) +\| (\d+) /g)];
const table = rows.map(([, program, most]) => ({ program: program!, most: Number(most) }));
const textOf = (program: string) => readFileSync(join(PROGRAMS, program), "utf8");

it("the table of the first hour names every program", () => {
  expect(table.map(({ program }) => program).sort()).toEqual(readdirSync(PROGRAMS).sort());
});

it.each(table)("$program has at most $most lines", ({ program, most }) => {
  expect(textOf(program).trimEnd().split("\n").length).toBeLessThanOrEqual(most);
});

it.each(table)("$program imports the package by its entry points, and no source", ({ program }) => {
  const imported = [...textOf(program).matchAll(/(?:from |require\()"([^"]+)"/g)].map(([, name]) => name!);
  const own = imported.filter((name) => name.startsWith("coatcheck"));
  expect(own.length).toBeGreaterThan(0);
  for (const name of own) expect(entries).toContain(name);
  expect(imported.filter((name) => /^[./]/.test(name))).toEqual([]);
});

it.each(table)("$program is run", ({ program }) => {
  const runs = ["test/package/first-hour.test.ts", "test/services/first-hour.test.ts"];
  expect(runs.map((file) => readFileSync(file, "utf8")).join("")).toContain(`"${program}"`);
});
