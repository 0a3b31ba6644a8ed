import { Worker } from "node:worker_threads";
import { SharedInput } from "./shared-input.js";
import type { WorkerAnswer, WorkerTask } from "./worker.js";

// Inputs take microseconds to milliseconds: after this long one counts as hanging.
const HANGING_AFTER = 20_000; // ms
const LOOK_EVERY = 500;
const MAX_HEAP_MEGABYTES = 512;

/** Fuzzes in a thread of its own, and watches it: an input that hangs or takes too much memory is a failure of its own. */
export async function supervise(
  task: Omit<WorkerTask, "memory">,
  hangingAfter: number = HANGING_AFTER,
): Promise<WorkerAnswer> {
  const current = new SharedInput();
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    workerData: { ...task, memory: current.memory },
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MEGABYTES },
  });
  let watch: NodeJS.Timeout | undefined;
  try {
    return await new Promise<WorkerAnswer>((resolve) => {
      const fail = (error: string): void => resolve({ input: current.get(), error });
      let count = -1;
      let since = Date.now();
      watch = setInterval(() => {
        if (current.count !== count) [count, since] = [current.count, Date.now()];
        else if (Date.now() - since > hangingAfter) fail(`It hangs: no end after ${hangingAfter / 1000} s.`);
      }, LOOK_EVERY);
      worker.once("message", resolve);
      worker.once("error", (error) => fail(error.stack ?? error.message));
      worker.once("exit", (code) => fail(`The worker ended with code ${code}.`));
    });
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}
