import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Judged {
  /** File and line. */
  at: string;
  text: string;
  verdict: string;
}

// In a process of its own: jest's sandbox makes the analysis three times as slow.
function judge(directory: string): Judged[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/judge-patterns.mjs", directory], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The patterns could not be judged: ${stderr}`);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Judged);
}

describe("regular expressions", () => {
  it("of src/ take time that is linear in the length of any input", () => {
    const judged = judge("src");
    expect(judged.length).toBeGreaterThan(50);
    expect(judged.filter(({ verdict }) => verdict !== "safe")).toEqual([]);
  });

  it("are found and judged, also those that would be refused", () => {
    const directory = mkdtempSync(join(tmpdir(), "coatcheck-patterns-"));
    try {
      const good = ["/^x+$/g", "/[/]y/", "/^a{1,99}b{2,}$/", "/^(?:ab|ac)*$/u"];
      const bad = [
        ["/(?:a+)+$/", "vulnerable: exponential"],
        ["/^(?:a|a)*$/", "vulnerable: exponential"],
        ["/(a*)*b/", "vulnerable: exponential"],
        ["/^(?:[a-z]+ ?)+$/i", "vulnerable: exponential"],
        ["/^a*a*$/", "vulnerable: 2nd degree polynomial"],
        ["/^x{1,64}x{1,64}$/", "vulnerable: 2nd degree polynomial"],
        ["/:.*@/", "vulnerable: 2nd degree polynomial"], // tried at each colon
        ["/(?<!a)a+$/", "unknown: unsupported"],
        ["new RegExp('a')", "unknown: no literal"],
        ["RegExp('a')", "unknown: no literal"],
      ] as const;
      const patterns = [...good, ...bad.map(([text]) => text)];
      const text = `// /no/\nconst half = 4 / 2 / 1, text = "/(a*)*b/", patterns = [\n${patterns.join(",\n")}];`;
      writeFileSync(join(directory, "patterns.ts"), text);
      expect(judge(directory).map((judged) => [judged.text, judged.verdict])).toEqual([
        ...good.map((pattern) => [pattern, "safe"]),
        ...bad,
      ]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
