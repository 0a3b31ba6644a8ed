import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";

interface Workflow {
  on: unknown;
  permissions: unknown;
  jobs: Record<string, { "runs-on": string; "timeout-minutes": number; steps: { uses?: string; run?: string }[] }>;
}

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

describe.each(readdirSync(".github/workflows"))("the workflow %s", (name) => {
  const workflow = parse(readFileSync(`.github/workflows/${name}`, "utf8")) as Workflow;
  const jobs = Object.values(workflow.jobs);

  it("has few rights, and an end", () => {
    expect(workflow.on).toBeDefined();
    expect(workflow.permissions).toEqual({ contents: "read" });
    for (const job of jobs) expect(job["timeout-minutes"]).toBeGreaterThan(0);
  });

  it("runs what there is", () => {
    const runs = jobs.flatMap(({ steps }) => steps.flatMap(({ run }) => (run === undefined ? [] : [run])));
    expect(runs.length).toBeGreaterThan(2);
    for (const run of runs) {
      const script = /^npm run (\S+)/.exec(run)?.[1];
      if (script !== undefined) expect(scripts).toHaveProperty([script]);
      const file = /^(?:node|bash) (\S+)/.exec(run)?.[1];
      if (file !== undefined) expect([file, existsSync(file)]).toEqual([file, true]);
    }
  });
});

it("a version that the CHANGELOG does not have is not released", () => {
  const released = (tag: string) =>
    spawnSync(process.execPath, ["scripts/release-notes.mjs", tag], { encoding: "utf8" });
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect(released("v0.0.0")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("is not the version") as string,
  });
  const known = readFileSync("CHANGELOG.md", "utf8").includes(`## [${version}]`);
  expect(released(`v${version}`).status).toBe(known ? 0 : 1);
});
