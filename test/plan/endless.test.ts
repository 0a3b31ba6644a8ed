import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { compileSource, home } from "../support/compiled-source.js";

let compiled: string;

beforeAll(() => {
  compiled = compileSource("test/plan/endless-child.ts");
});

afterAll(() => rmSync(compiled, { recursive: true }));

describe("a payload without end, in a heap of 64 MiB", () => {
  it.each(["pointing", "itself", "endless", "fanning", "proxy", "arrays"])("is UNSERIALIZABLE: %s", async (name) => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        "--max-old-space-size=64",
        join(compiled, "test/plan/endless-child.js"),
        name,
        name === "itself" ? "canonical" : "",
      ],
      { env: { NODE_PATH: join(home, "node_modules") } },
    );
    const failures = JSON.parse(stdout) as { code: string; message: string; length: number }[];
    expect(failures.map(({ code }) => code)).toEqual(["UNSERIALIZABLE", "UNSERIALIZABLE", "UNSERIALIZABLE"]);
    for (const { message, length } of failures) {
      expect(message).toMatch(/^The value at \$(\.list\[0\]\.other|\.again|\.next|\.a\[0\]|\[0\]\[0\])/);
      expect(length).toBeLessThan(1000);
    }
  });
});

describe("a payload nested 100,000 deep", () => {
  it("comes back, and can be opened, also where a part of it is selected", async () => {
    let value: unknown = { innermost: "x" };
    for (let level = 0; level < 100_000; level++) value = level % 2 === 0 ? [value] : { value };
    const manager = new StorageManager({ store: new MemoryStore() });
    const dehydrated = (await manager.dehydrate(
      { value, more: "y".repeat(2000) },
      { maxRecursionDepth: 0 },
    )) as StorageReference;
    const bytes = await (await manager.open(dehydrated)).bytes();
    expect(bytes.byteLength).toBeGreaterThan(1_000_000 / 2);
    let part: unknown = await manager.hydrate(manager.select(dehydrated, "value"));
    let depth = 0;
    for (; typeof part === "object" && part !== null && !("innermost" in part); depth++) {
      part = Array.isArray(part) ? part[0] : (part as { value: unknown }).value;
    }
    expect(depth).toBe(100_000);
    expect(part).toEqual({ innermost: "x" });
  });
});
