import { isStorageError } from "./error.js";

const told = new WeakSet<object>();

/**
 * The error, with the line of whoever awaits the call in its stack. Errors are made where the store or a timer says so, of
 * which the caller is no part; but whoever continues an async function knows who waits for it. Costs a good call nothing.
 */
export function atCaller(error: unknown): unknown {
  if (!isStorageError(error) || told.has(error) || typeof error.stack !== "string") return error;
  told.add(error);
  const here: { stack?: unknown } = {};
  Error.captureStackTrace(here, atCaller);
  if (typeof here.stack !== "string") return error;
  const own = error.stack;
  const frames = here.stack.split("\n").filter((line) => line.trimStart().startsWith("at ") && !own.includes(line));
  try {
    if (frames.length > 0) error.stack = [own, ...frames].join("\n");
  } catch {
    // A frozen error of the user's own.
  }
  return error;
}

/** Settles as the promise does; its error has the line of whoever awaits this. */
export async function calledHere<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw atCaller(error);
  }
}
