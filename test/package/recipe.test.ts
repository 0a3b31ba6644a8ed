import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const ENTRY = `  "coatcheck/shelf": "src/shelf.ts",`;

/** A copy of the tree with the driver of test/recipes/, put where the recipe in CONTRIBUTING.md says, and nowhere else. */
function planted(): string {
  const root = mkdtempSync(join(tmpdir(), "coatcheck-recipe-"));
  for (const part of ["src", "scripts", "package.json", "tsconfig.json", ".dependency-cruiser.mjs"])
    cpSync(part, join(root, part), { recursive: true });
  symlinkSync(join(process.cwd(), "node_modules"), join(root, "node_modules"));
  const driver = join(root, "src/store/drivers/shelf");
  mkdirSync(driver);
  for (const file of readdirSync("test/recipes/shelf")) {
    const text = readFileSync(join("test/recipes/shelf", file), "utf8");
    if (file === "shelf.ts")
      writeFileSync(join(root, "src/shelf.ts"), text.replaceAll('"./', '"./store/drivers/shelf/'));
    else writeFileSync(join(driver, file), text.replaceAll('"../../../src/', '"../../../'));
  }
  const entries = join(root, "scripts/entries.mjs");
  writeFileSync(
    entries,
    readFileSync(entries, "utf8").replace(`  "coatcheck/testing"`, `${ENTRY}\n  "coatcheck/testing"`),
  );
  return root;
}

describe("the recipe for a driver", () => {
  let root: string;
  beforeAll(() => (root = planted()));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const node = (...args: string[]): string =>
    execFileSync(process.execPath, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

  it("keeps the order of floors", () => {
    expect(node("node_modules/dependency-cruiser/bin/dependency-cruise.mjs", "src")).toMatch(
      /no dependency violations/,
    );
  });

  it("makes an entry point of the package", () => {
    node("scripts/build.mjs");
    const program = `
      import { ShelfStore } from "./dist/esm/shelf.js";
      import { StorageManager } from "./dist/esm/index.js";
      const objects = new Map();
      const client = {
        put: async (key, bytes) => void objects.set(key, { bytes, at: 0 }),
        get: async (key) => objects.get(key),
        remove: async (key) => void objects.delete(key),
        keys: async () => [...objects.keys()],
      };
      const manager = new StorageManager({ store: new ShelfStore({ client }) });
      const value = await manager.hydrate(await manager.dehydrate("text ".repeat(1000), { scope: "run" }));
      console.log(value.length, objects.size);`;
    expect(node("--input-type=module", "-e", program)).toBe("5000 1\n");
    expect(readFileSync(join(root, "dist/cjs/shelf.d.cts"), "utf8")).toContain("class ShelfStore");
  });
});
