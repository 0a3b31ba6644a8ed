import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { compileSource, home } from "../../support/compiled-source.js";

const MIB = 1024 ** 2;

let compiled: string;

beforeAll(() => {
  compiled = compileSource("test/dehydrate/streams/stream-memory-child.ts");
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
      [join(compiled, "test/dehydrate/streams/stream-memory-child.js"), endpoint, "256"],
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
