import { readFileSync } from "node:fs";

/** The rows of the first table behind `heading`, each as its cells; the two rows of the head are left out. */
export function rowsOf(file: string, heading: string): string[][] {
  const text = readFileSync(file, "utf8");
  const lines = text.slice(text.indexOf(`${heading}\n`)).split("\n");
  const table = lines.slice(lines.findIndex((line) => line.startsWith("|")));
  const rows = table.slice(
    2,
    table.findIndex((line) => !line.startsWith("|")),
  );
  return rows.map((row) =>
    row
      .split("|")
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
}
