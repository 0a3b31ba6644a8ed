import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { newPrefix, redisUrl } from "./redis.js";

it("lets a process end that leaves a store open", async () => {
  const args = ["--import", "tsx", "test/services/redis-idle-child.ts", redisUrl(), newPrefix()];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { timeout: 25_000 });
  expect(stderr).toBe("");
  expect(stdout).toBe("1 1");
});
