import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

// That `npm run lint` sees what the rules of the house forbid: a check that can't fail is none.

const FILES: Record<string, string> = {
  "tsconfig.json": '{ "compilerOptions": { "module": "nodenext" } }',
  "src/index.ts": "export const face = 1;",
  // Upwards, of a type.
  "src/json/up.ts": 'import type { Plan } from "../plan/plan.js";\nexport const up: Plan = 1;',
  "src/plan/plan.ts": 'import "../json/fine.js";\nexport type Plan = number;',
  "src/json/fine.ts": "export const fine = 1;",
  "src/plan/face.ts": 'export { face } from "../index.js";',
  // A circle of types.
  "src/json/a.ts": 'import type { B } from "./b.js";\nexport type A = B;',
  "src/json/b.ts": 'import type { A } from "./a.js";\nexport type B = A | 1;',
  "src/common/new-room.ts": 'import "../json/fine.js";',
  "src/json/reads.ts": 'import "node:fs";',
  "src/store/drivers/s3/s3.ts": 'import "../file/file.js";',
  "src/store/drivers/file/file.ts": 'import "../errors.js";',
  "src/store/drivers/errors.ts": "export const errors = 1;",
};

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "coatcheck-house-"));
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
});

afterAll(() => rm(root, { recursive: true }));

it("lint refuses imports upwards and in circles, rooms without a floor, I/O where there is none", () => {
  const program = resolve("node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const args = [program, "--config", resolve(".dependency-cruiser.mjs"), "--output-type", "json", "src"];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string }; from: string }[] } };
  const found = summary.violations.map(({ rule, from }) => `${from.slice("src/".length)}: ${rule.name}`);
  expect(found.sort()).toEqual([
    "common/new-room.ts: rooms-are-on-a-floor",
    "json/a.ts: no-circles",
    "json/reads.ts: pure-rooms-do-no-io",
    "json/up.ts: json-stands-on-what-is-below",
    "plan/face.ts: plan-stands-on-what-is-below",
    "store/drivers/s3/s3.ts: drivers-know-no-other-driver",
  ]);
});
