// Checks the imports of src/ by the rules of .dependency-cruiser.mjs, that no folder is crowded, and that the picture of the
// house in CONTRIBUTING.md is what they are. `node scripts/house.mjs --draw` draws it again.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { cruise, format } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import config from "../.dependency-cruiser.mjs";
import { FLOORS } from "./floors.mjs";

const MOST_FILES = 25;
const PAGE = "CONTRIBUTING.md";
const [BEGIN, END] = ["<!-- house: begin -->", "<!-- house: end -->"];

const { output } = await cruise(
  ["src"],
  { ...config.options, ruleSet: { forbidden: config.forbidden }, validate: true },
  undefined,
  { tsConfig: extractTSConfig("tsconfig.json") },
);
const { output: problems, exitCode } = await format(output, { outputType: "err" });
console.log(String(problems).trim());
if (exitCode > 0) process.exitCode = 1;

const files = new Map();
for (const { source } of output.modules.filter(({ source }) => source.startsWith("src/"))) {
  files.set(dirname(source), (files.get(dirname(source)) ?? 0) + 1);
}
for (const [folder, count] of files) {
  if (count <= MOST_FILES) continue;
  console.error(`${folder} has ${count} files directly in it, over ${MOST_FILES}: give some a folder of their own.`);
  process.exitCode = 1;
}

const page = readFileSync(PAGE, "utf8");
const [before, after] = [page.slice(0, page.indexOf(BEGIN)), page.slice(page.indexOf(END))];
const drawn = `${before}${BEGIN}\n\n${picture(output.modules)}\n\n${after}`;
if (process.argv.includes("--draw")) {
  writeFileSync(PAGE, drawn);
} else if (drawn !== page) {
  console.error(`The picture in ${PAGE} is not what src/ imports: node scripts/house.mjs --draw`);
  process.exitCode = 1;
}

/** The rooms with an arrow to each that they import, but for those that another arrow leads to already. */
function picture(modules) {
  const imports = new Map([...FLOORS, "entry points"].map((room) => [room, new Set()]));
  for (const { source, dependencies } of modules) {
    for (const { resolved } of dependencies) {
      const [from, to] = [roomOf(source), roomOf(resolved)];
      if (from !== undefined && to !== undefined && from !== to) imports.get(from).add(to);
    }
  }
  const reach = (from, to) => [...imports.get(from)].some((next) => next === to || reach(next, to));
  const arrows = [...imports].flatMap(([from, all]) => {
    const direct = [...all].filter((to) => ![...all].some((other) => other !== to && reach(other, to)));
    return direct.sort(byFloor).map((to) => `  ${idOf(from)} --> ${idOf(to)}`);
  });
  const rooms = [...imports.keys()].reverse().map((room) => `  ${idOf(room)}["${room}"]`);
  return ["```mermaid", "flowchart TD", ...rooms, ...arrows, "```"].join("\n");
}

function roomOf(path) {
  const [, room] = /^src\/([^/]+)/.exec(path) ?? [];
  if (room === undefined) return undefined;
  return room.endsWith(".ts") ? "entry points" : room;
}

function idOf(room) {
  return room.replace(" ", "-");
}

function byFloor(one, other) {
  return FLOORS.indexOf(one) - FLOORS.indexOf(other);
}
