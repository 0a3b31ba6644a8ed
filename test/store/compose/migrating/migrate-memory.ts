import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { MigrateResult } from "../../../../src/store/compose/migrating/migrate.js";
import { compileSource, home } from "../../../support/compiled-source.js";

const CHILD = "test/store/compose/migrating/migrate-memory-child";

export const MIB = 1024 ** 2;

/** What came of a migration, and how many bytes it took: of memory, and of what a garbage collection leaves. */
export interface MeasuredMigration extends MigrateResult {
  readonly took: number;
  readonly kept: number;
}

/** Migrates objects in a process of its own. */
export async function memoryOfMigration(objects: number): Promise<MeasuredMigration> {
  const compiled = compileSource(`${CHILD}.ts`);
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--expose-gc", join(compiled, `${CHILD}.js`), String(objects)],
      {
        env: { NODE_PATH: join(home, "node_modules") },
      },
    );
    return JSON.parse(stdout) as MeasuredMigration;
  } finally {
    rmSync(compiled, { recursive: true });
  }
}
