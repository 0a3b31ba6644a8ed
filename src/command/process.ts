import { createRequire } from "node:module";
import process from "node:process";
import { EXIT } from "./exit-codes.js";
import { main } from "./main.js";

/** Runs the command as the program of this process. */
export async function runProcess(): Promise<void> {
  const interruption = new AbortController();
  const interrupt = (): void => {
    if (interruption.signal.aborted) process.exit(EXIT.interrupted); // the second request ends the program at once
    interruption.abort(new Error("Interrupted."));
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  const { version } = createRequire(import.meta.url)("coatcheck/package.json") as { version: string };
  const { env, stdin, stdout, stderr } = process;
  // The program goes on if the reader of stderr has gone away.
  stderr.on("error", () => undefined);
  const terminal = { env, cwd: process.cwd(), stdin, stdout, stderr, signal: interruption.signal };
  const exitCode = await main(process.argv.slice(2), terminal, version);
  await new Promise<void>((resolve) => stderr.write("", () => resolve()));
  // A configuration file may keep a client or a timer open. The process does not wait for it.
  process.exit(exitCode);
}
