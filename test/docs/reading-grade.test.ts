import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Not in this process: the packages that read Markdown are ECMAScript modules.
function grade(...files: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, ["scripts/reading-grade.mjs", ...files], { encoding: "utf8" });
  return stderr + stdout;
}

it("no sentence of README and guides is above reading grade 10", () => {
  expect(grade()).toBe("");
});

describe("a page", () => {
  const directory = mkdtempSync(join(tmpdir(), "reading-"));
  const page = join(directory, "page.md");
  const hard = "Immutability considerations necessitate comprehensive authentication of intermediary infrastructure.";

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it("has its hard sentences told by line, in a list or after another one too", () => {
    writeFileSync(page, `# Page\n\nIt is short. ${hard}\n\n- It holds \`a.b\`.\n- ${hard}\n`);
    const lines = grade(page).trimEnd().split("\n");
    expect(lines).toEqual([3, 6].map((line) => expect.stringContaining(`page.md:${line}: grade `) as string));
    for (const line of lines) expect(line).toContain(hard);
  });

  it("may have long names in code, in tables and in the targets of links", () => {
    const link = "[It](https://example.com/immutability/considerations/authentication/infrastructure)";
    const code = "`ImmutabilityConsiderations.necessitateComprehensiveAuthentication(infrastructure)`";
    writeFileSync(page, `${link} says what ${code} does.\n\n| a |\n| - |\n| ${hard} |\n\n\`\`\`\n${hard}\n\`\`\`\n`);
    expect(grade(page)).toBe("");
  });
});
