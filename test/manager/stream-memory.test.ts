import { transformFileSync } from "@swc/core";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const MIB = 1024 ** 2;
const home = join(__dirname, "../..");

let compiled: string;

// Compiled before: what loads TypeScript takes more memory than what is measured.
beforeAll(() => {
  compiled = mkdtempSync(join(tmpdir(), "stream-memory-"));
  const sources = readdirSync(join(home, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join("src", name));
  for (const source of [...sources, "test/manager/stream-memory-child.ts"]) {
    const file = join(compiled, source.replace(/ts$/, "js"));
    mkdirSync(dirname(file), { recursive: true });
    const { code } = transformFileSync(join(home, source), {
      jsc: { target: "es2022", parser: { syntax: "typescript" } },
      module: { type: "commonjs" },
    });
    writeFileSync(file, code);
  }
});

afterAll(() => rmSync(compiled, { recursive: true }));

it("a stream of any size goes into S3 and comes out of it in the same little memory", async () => {
  const server = spawn(process.execPath, [resolve("test/fixtures/bulk-s3-server.mjs")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [endpoint] = (await once(createInterface(server.stdout), "line")) as [string];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(compiled, "test/manager/stream-memory-child.js"), endpoint, "256"],
      { env: { NODE_PATH: join(home, "node_modules"), AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" } },
    );
    const { into, out, read } = JSON.parse(stdout) as { into: number; out: number; read: number };
    expect(read).toBe(256 * MIB);
    // Measured: 53 to 63 each way, for 1 GiB as for 256 MiB, of which reading such chunks takes 40 by itself. Who holds
    // every part twice takes more than 140.
    expect(into).toBeLessThan(100 * MIB);
    expect(out).toBeLessThan(100 * MIB);
  } finally {
    server.stdin.end();
    await once(server, "exit");
  }
});
