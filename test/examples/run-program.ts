import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What a program printed, if it ended well; a program that fails rejects, its output in the message. */
export async function runProgram(args: string[], environment: Record<string, string> = {}): Promise<string> {
  const env = { ...process.env, ...environment };
  // Set by jest, and a sign to node:test that it runs inside another test runner.
  delete env["NODE_ENV"];
  delete env["NODE_TEST_CONTEXT"];
  const { stdout } = await run(process.execPath, ["--import", "tsx", ...args], { env });
  return stdout;
}
