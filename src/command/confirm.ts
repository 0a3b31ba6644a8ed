import { createInterface, type Interface } from "node:readline/promises";
import { EXIT } from "./exit-codes.js";
import { CommandFailure } from "./failure.js";
import { printable } from "./terminal/output.js";
import { isInteractive } from "./terminal/terminal.js";
import type { VerbCall } from "./verb.js";

/**
 * Asks before a change. `--yes` answers the question, and `--dry-run` changes nothing.
 *
 * @param what the change in words: "Release run-42"
 * @throws {CommandFailure} with exit code 5 if the answer is no, or if nobody can be asked; with 130 for Ctrl-C
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
    const answer = await answerTo(questions, `${printable(what)}? [y/N] `, signal);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    questions.close();
  }
  throw new CommandFailure(EXIT.refused, "Nothing was changed.");
}

function answerTo(questions: Interface, question: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    // While it reads keys, Ctrl-C is one of them, and no signal.
    questions.once("SIGINT", () => reject(new CommandFailure(EXIT.interrupted, "interrupted")));
    questions.once("close", () => resolve("")); // Ctrl-D
    questions.question(question, { signal }).then(resolve, reject);
  });
}
