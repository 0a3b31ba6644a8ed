import { isStorageError } from "./error.js";

const told = new WeakSet<object>();

/**
 * Adds the line of the code that awaits the call to the stack of an error. An error is made in the store or in a
 * timer, where the stack does not contain the caller. But code that continues an async function knows who awaits it. A
 * successful call costs nothing.
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
    // The error is a frozen one of the user's own.
  }
  return error;
}

/** Settles as the promise does. Its error has the line of the code that awaits this function. */
export async function calledHere<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw atCaller(error);
  }
}
