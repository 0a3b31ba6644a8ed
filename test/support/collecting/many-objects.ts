import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { BundledProgram } from "../bundled-program.js";

/** Has a process list so many objects, a multiple of 10,000, and asserts what that takes: requests, and memory. */
export async function assertListsInLittleMemory(objects: number): Promise<void> {
  const program = new BundledProgram("test/support/collecting/many-objects-child.ts");
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program.file, String(objects)]);
    const { usage, collect } = JSON.parse(stdout) as Record<"usage" | "collect", { value: object; mebibytes: number }>;
    const pages = objects / 1000;
    expect(usage.value).toEqual({ scopes: 10_000, objects, pages });
    const notes = objects / 10_000;
    const requests = { pages, reads: 1, writes: 2 + notes, deletes: objects / 4 };
    expect(collect.value).toEqual({ scanned: objects, deleted: objects / 4, complete: true, ...requests });
    // Measured: 15 to 65, of a million as of a hundred thousand.
    expect(usage.mebibytes).toBeLessThan(150);
    expect(collect.mebibytes).toBeLessThan(150);
  } finally {
    program.remove();
  }
}
