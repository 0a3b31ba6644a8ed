import { abortable } from "../../async/abort.js";
import type { CallDetails } from "../check.js";

/** {@link abortable}, with its arguments in the order that suits a layer. */
export function heeded<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  details: CallDetails,
  discard?: (late: T) => unknown,
): Promise<T> {
  return abortable(promise, signal, discard, details);
}
