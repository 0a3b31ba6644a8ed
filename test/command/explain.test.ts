import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newDirectory, runCommand, type Ran } from "./run-command.js";

const directory = newDirectory();
const path = (name: string) => join(directory.path, name);
const payload = {
  id: 7,
  text: "x".repeat(5000),
  items: Array.from({ length: 200 }, (_, index) => ({ index, name: `item ${index}` })),
};

beforeAll(() => writeFile(path("payload.json"), JSON.stringify(payload)));

describe("explain", () => {
  const limited = async (args: string): Promise<Ran> =>
    runCommand(["--store", `file://${path("store")}`, "explain", path("payload.json"), "--json", ...args.split(" ")]);

  it("measures what travels where there is a store, and the payload where there is none", async () => {
    const bare = await runCommand(["explain", path("payload.json"), "--limit", "1000"]);
    expect(bare.exitCode).toBe(3);
    expect(bare.stdout).toContain("the payload does not fit");
    expect((await limited("--limit 1000")).exitCode).toBe(0);
    expect((await limited("--limit 100")).exitCode).toBe(3);
    const planned = await runCommand(["explain", path("payload.json"), "--limit", "1000", "--max-inline", "512"]);
    expect(planned.exitCode).toBe(0);
  });

  it.each([
    ["sqs", 1_048_576],
    ["sns", 262_144],
    ["kafka", 1_000_000],
    ["temporal", 2_097_152],
    ["stepfunctions", 262_144],
    ["lambda", 6_291_456],
    ["3KiB", 3072],
  ])("knows the limit %s", async (name, bytes) => {
    const { stdout } = await limited(`--limit ${name}`);
    expect((JSON.parse(stdout) as { limit: { bytes: number } }).limit.bytes).toBe(bytes);
  });

  it("takes a payload of any depth in the time of its size", async () => {
    const deep = "[".repeat(100_000) + "7" + "]".repeat(100_000);
    const begun = process.cpuUsage();
    const { exitCode, stdout } = await runCommand(["explain", "--json"], { stdin: deep });
    expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(4); // whole paths at each depth take a minute
    expect([exitCode, (JSON.parse(stdout) as { size: number }).size]).toEqual([0, 200_001]);
  });

  it("names what makes a payload heavy, the heaviest first", async () => {
    const { heaviest } = JSON.parse((await limited("--top 2")).stdout) as {
      heaviest: { path: string; bytes: number }[];
    };
    expect(heaviest).toEqual([
      { path: "$.items", bytes: JSON.stringify(payload.items).length },
      { path: "$.text", bytes: 5002 },
    ]);
  });

  it("draws into a file, or on stdout, and never over the payload", async () => {
    const drawn = await runCommand(["explain", path("payload.json"), "--svg"]);
    expect(drawn.stdout).toMatch(/^<svg .*<\/svg>\n$/s);
    await runCommand(["explain", path("payload.json"), "--svg", path("a.svg"), "--html", path("a.html")]);
    expect(await readFile(path("a.svg"), "utf8")).toBe(drawn.stdout);
    expect(await readFile(path("a.html"), "utf8")).toContain("<title>A payload, by bytes</title>");
    for (const two of [
      ["--svg", "--html"],
      ["--svg", "--json"],
      ["--html", "--json"],
    ])
      expect(await runCommand(["explain", path("payload.json"), ...two])).toMatchObject({ exitCode: 2, stdout: "" });
    const both = await runCommand(["explain", path("payload.json"), "--json", "--svg", path("b.svg")]);
    expect([both.exitCode, (JSON.parse(both.stdout) as { v: number }).v]).toEqual([0, 1]);
    const wrong = await runCommand(["explain", "--svg", path("payload.json")], { stdin: "1" });
    expect(wrong.exitCode).toBe(2);
    expect(await readFile(path("payload.json"), "utf8")).toBe(JSON.stringify(payload));
  });

  it.each(["svg", "html"])("says what is wrong where --%s can't be written", async (kind) => {
    await mkdir(path(`directory.${kind}`), { recursive: true });
    const draw = (name: string) => runCommand(["explain", path("payload.json"), `--${kind}`, path(name)]);
    for (const below of ["missing", "payload.json"]) {
      const { exitCode, stdout, stderr } = await draw(`${below}/a.${kind}`);
      expect([exitCode, stdout]).toEqual([10, ""]);
      expect(stderr).toBe(
        `coatcheck: There is no directory ${JSON.stringify(path(below))} for the picture: make it first.\n`,
      );
    }
    const directory = await draw(`directory.${kind}`);
    expect([directory.exitCode, directory.stdout]).toEqual([2, ""]);
    expect(directory.stderr).toContain("is a directory: name a file in it");
    const long = await draw(`${"x".repeat(300)}.${kind}`);
    expect([long.exitCode, long.stderr]).toEqual([1, expect.stringContaining("can't be written: ENAMETOOLONG")]);
  });
});
