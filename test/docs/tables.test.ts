import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isStorageError, StorageManager } from "../../src/index.js";
import { parseEnvironment } from "../support/parse-environment.js";
import { METRICS } from "../../src/observe/exporters/metrics.js";
import { STORAGE_ERROR_CODES } from "../../src/errors/error.js";
import { rowsOf } from "./table.js";

/** What stands between backticks. */
function names(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
}

it("docs/errors.md names every error code", () => {
  const documented = rowsOf("docs/errors.md", "# Errors").flatMap(([codes]) => names(codes!));
  expect(documented.sort()).toEqual([...STORAGE_ERROR_CODES].sort());
});

it("docs/watching.md has every metric, its kind and its labels", () => {
  const documented = rowsOf("docs/watching.md", "## Metrics with Prometheus").map(([metric, kind, labels]) => [
    names(metric!)[0],
    kind,
    names(labels!.split(":")[0]!),
  ]);
  expect(documented).toEqual(Object.entries(METRICS).map(([name, { kind, labels }]) => [name, kind, labels]));
});

it("docs/messages/README.md says how many lines of code every adapter has, and that none adds more than 20 µs", () => {
  const linesOf = (adapter: string): number => {
    const directory = `src/adapters/${adapter}`;
    const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const lines = files.flatMap((file) => readFileSync(`${directory}/${file}`, "utf8").split("\n"));
    return lines.filter((line) => !/^\s*(\/\/|\/\*|\*|$)/.test(line)).length;
  };
  const rows = rowsOf("docs/messages/README.md", "## What it costs");
  const documented = rows.map(([entry, lines]) => [names(entry!)[0]!.replace("coatcheck/", ""), Number(lines)]);
  const others = ["amazon", "foreign", "messages", "durable", "lambda", "temporal", "inngest", "dbos", "jobs"]; // what they share, and engines
  const folders = readdirSync("src/adapters", { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const adapters = folders.map(({ name }) => name).filter((name) => !others.includes(name));
  expect(documented.sort()).toEqual(adapters.map((adapter) => [adapter, linesOf(adapter)]).sort());
  const text = readFileSync("docs/messages/README.md", "utf8");
  expect(text).toContain(`SQS and SNS have ${linesOf("amazon")} lines in common`);
  expect(text.replaceAll(/\s+/g, " ")).toContain(`the core has ${linesOf("messages").toLocaleString("en")}.`);
  for (const row of rows) {
    expect(Number(row.at(-1))).toBeGreaterThan(0);
    expect(Number(row.at(-1))).toBeLessThanOrEqual(20);
  }
});

it("docs/options.md names options that exist", () => {
  const documented = rowsOf("docs/options.md", "# Options").flatMap(([option]) => names(option!));
  expect(documented.length).toBeGreaterThan(15);
  let message = "";
  try {
    // Every option is wrong, so every option that exists is named by one error.
    new StorageManager(Object.fromEntries(documented.map((option) => [option, Symbol("wrong")])));
  } catch (error) {
    expect(isStorageError(error, "CONFIG_INVALID")).toBe(true);
    message = (error as Error).message;
  }
  for (const option of documented) expect(message).toContain(option);
  expect(message).not.toMatch(/unrecognized|unknown/i);
});

it("docs/environment.md names every variable that is read, and no other", () => {
  const read = new Set<string>();
  const env = new Proxy<NodeJS.ProcessEnv>({}, { get: (_, name) => void read.add(String(name)) });
  parseEnvironment(env, "");
  const documented = rowsOf("docs/environment.md", "# Configuration by environment variables").map(
    ([cell]) => names(cell!)[0],
  );
  expect(documented.sort()).toEqual([...read].sort());
});

it("docs/environment.md gives the defaults that apply", () => {
  const rows = rowsOf("docs/environment.md", "# Configuration by environment variables");
  const stated = Object.fromEntries(
    rows.flatMap(([variable, value]) => (/^`[^`]+`$/.test(value!) ? [[names(variable!)[0]!, names(value!)[0]!]] : [])),
  );
  expect(Object.keys(stated).length).toBeGreaterThan(10);
  const s3 = { STORAGE_PROVIDER: "s3", STORAGE_S3_BUCKET: "tickets" };
  const parsedAlone = parseEnvironment(s3, "");
  const parsedStated = parseEnvironment({ ...stated, ...s3 }, "");
  expect(parsedStated.retention).toEqual(parsedAlone.retention);
  expect(parsedStated.storage).toMatchObject({ maxRetries: 3, maxBackoff: 10_000 });
  expect(parsedAlone.storage).toMatchObject({ maxRetries: 3, maxBackoff: 10_000 });
});

it.each([
  ["docs/behaviours.md", 60, readFileSync("docs/behaviours.md", "utf8")],
  ["SECURITY.md", 15, /^## Threats.*?^## /ms.exec(readFileSync("SECURITY.md", "utf8"))![0]],
])("%s names tests that exist", (_, count, text) => {
  const rows = text
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\| (behaviour|composition|threat +\||-)/.test(line));
  expect(rows.length).toBeGreaterThan(count);
  for (const row of rows) {
    const [, file, name] = /`([\w/-]+\.test\.ts)`: "(.+)" *\|$/.exec(row) ?? [];
    if (file === undefined || name === undefined) throw new Error(`No test is named by: ${row}`);
    const tests = readFileSync(`test/${file}`, "utf8");
    if (!tests.includes(`"${name}`) && !tests.includes(`'${name}`)) throw new Error(`There is no such test: ${row}`);
  }
});

describe("README.md", () => {
  const text = readFileSync("README.md", "utf8");

  it("is a door, of at most 14 KiB", () => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(14_336);
  });

  it("has links that work on the page of the package, to files that exist", () => {
    const { repository } = JSON.parse(readFileSync("package.json", "utf8")) as { repository: { url: string } };
    const pages = repository.url.replace(/^git\+|\.git$/g, "");
    const images = pages.replace("//github.com/", "//raw.githubusercontent.com/");
    const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!);
    expect(links.length).toBeGreaterThan(10);
    for (const link of links) {
      const home = [`${pages}/blob/main/`, `${images}/main/`].find((start) => link.startsWith(start));
      expect([link, home !== undefined && existsSync(link.slice(home.length))]).toEqual([link, true]);
    }
  });
});

it("the book names every page of docs/, and no other", () => {
  const named = [...readFileSync("docs/README.md", "utf8").matchAll(/\]\(([^)]+\.md)\)/g)].map(([, link]) => link!);
  for (const link of named) expect([link, existsSync(`docs/${link}`)]).toEqual([link, true]);
  const pages = readdirSync("docs").filter((name) => name.endsWith(".md") && name !== "README.md");
  expect(pages.filter((page) => !named.includes(page))).toEqual([]);
});
