import { parentPort, workerData } from "node:worker_threads";
import { loadTarget } from "../targets.js";
import { execute } from "./run-target.js";
import { Session, type SessionReport } from "./session.js";
import { SharedInput } from "./shared-input.js";
import { shrink } from "./shrink.js";

export interface WorkerTask {
  readonly name: string;
  readonly seed: number;
  readonly seconds: number;
  readonly maxCorpusBytes: number;
  readonly memory: SharedArrayBuffer;
  /** One input to run instead of fuzzing. */
  readonly input: Uint8Array | undefined;
}

export type WorkerAnswer = { readonly report: SessionReport } | { readonly input: Uint8Array; readonly error: string };

// Most inputs are refused by an error, most of whose time goes into its stack.
Error.stackTraceLimit = 5;

async function work(task: WorkerTask): Promise<WorkerAnswer> {
  const { name, seed, maxCorpusBytes } = task;
  const current = new SharedInput(task.memory);
  const announce = (bytes: Uint8Array): void => current.set(bytes);
  const target = await loadTarget(name);
  try {
    if (task.input !== undefined) {
      announce(task.input);
      await execute(target, task.input);
      return { report: { executions: 1, features: 0, known: 0, corpus: [] } };
    }
    const until = Date.now() + task.seconds * 1000;
    return { report: await new Session(name, target, { seed, until, maxCorpusBytes, announce }).run() };
  } catch (error) {
    const failing = current.get();
    // The first line says what is wrong, the rest where.
    const kind = firstLine(error);
    const input = await shrink(failing, async (bytes) => {
      announce(bytes);
      return execute(target, bytes).then(
        () => false,
        (other: unknown) => firstLine(other) === kind,
      );
    });
    return { input, error: described(error) };
  }
}

function firstLine(error: unknown): string {
  return String(error).split("\n")[0]!.replaceAll(/\d+/g, "#").slice(0, 60);
}

function described(error: unknown): string {
  const causes: string[] = [];
  for (let at = error; at !== undefined; at = at instanceof Error ? at.cause : undefined) {
    causes.push(at instanceof Error ? (at.stack ?? at.message) : JSON.stringify(at));
  }
  return causes.join("\ncaused by ");
}

void work(workerData as WorkerTask).then((answer) => parentPort!.postMessage(answer));
