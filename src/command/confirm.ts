import { createInterface } from "node:readline/promises";
import { EXIT } from "./exit-codes.js";
import { CommandFailure } from "./failure.js";
import { isInteractive } from "./terminal/terminal.js";
import type { VerbCall } from "./verb.js";

/**
 * Asks before a change. `--yes` answers the question, and `--dry-run` changes nothing.
 *
 * @param what the change in words: "Release run-42"
 * @throws {CommandFailure} with exit code 5 if the answer is no, or if nobody can be asked
 */
export async function confirm({ options, terminal, signal }: VerbCall, what: string): Promise<void> {
  if (options["dryRun"] === true || options["yes"] === true) return;
  if (!isInteractive(terminal)) {
    throw new CommandFailure(
      EXIT.refused,
      `${what}: nobody can be asked here. Say --yes, or look first with --dry-run.`,
    );
  }
  const questions = createInterface({ input: terminal.stdin, output: terminal.stderr });
  try {
    const answer = await questions.question(`${what}? [y/N] `, { signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    questions.close();
  }
  throw new CommandFailure(EXIT.refused, "Nothing was changed.");
}
