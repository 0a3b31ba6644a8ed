import { fork } from "node:child_process";
import process from "node:process";

/** The rest of what a child printed is of no interest. */
const KEPT_OUTPUT = 2000;

/** Runs a compiled module of the bench in a process of its own, and waits for the one message that it sends. */
export function runInChild<Result>(
  module: URL,
  job: unknown,
  { timeout, env }: { timeout: number; env?: Readonly<Record<string, string>> },
): Promise<Result> {
  const child = fork(module, [JSON.stringify(job)], {
    // The heap may be as large as it must: what a contender needs is measured, not limited.
    execArgv: ["--expose-gc", "--max-old-space-size=8192"],
    env: {
      ...process.env,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      AWS_EC2_METADATA_DISABLED: "true",
      ...env,
    },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    serialization: "json",
  });
  let output = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    output = (output + text).slice(-KEPT_OUTPUT);
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`no result after ${timeout / 1000} s`));
    }, timeout);
    child.once("message", (result) => resolve(result as Result));
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      // A message may come after this event, but has been read by the time that the loop comes round.
      setImmediate(() => reject(new Error(`ended with ${signal ?? String(code)}: ${lastLine(output)}`)));
    });
  });
}

function lastLine(output: string): string {
  const lines = output.split("\n").filter((line) => /error/i.test(line));
  return lines.at(-1)?.trim() ?? "no message";
}
