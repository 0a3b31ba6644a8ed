import { StorageError } from "../errors/error.js";
import { pathProblem } from "../paths/path.js";

/**
 * Joins a namespace and an id to a scope, `namespace/id`, without outer spaces, doubled slashes and `.` segments.
 * `""` when either is blank. The rule is BubuStack's, for scopes that its other parts know.
 *
 * It is not injective: `("a", "b/c")` and `("a/b", "c")` give one scope, and so do ids that differ by spaces or slashes. To
 * make a scope of any strings, use {@link scopePath}, which keeps them apart.
 *
 * @throws {StorageError} `INVALID_PATH` when the result would be no path inside the namespace: `..` is refused, not
 * resolved, and so is a namespace or id of slashes and dots only, a backslash or a control character
 *
 * @example
 * namespacedKey("orders", "run-42"); // "orders/run-42"
 */
export function namespacedKey(namespace: string, id: string): string {
  if (typeof namespace !== "string" || typeof id !== "string") throw invalid("its parts must be strings");
  if (namespace.trim() === "" || id.trim() === "") return "";
  const parts = [cleanSegments(namespace), cleanSegments(id)];
  // A part that vanishes would leave the other alone: the key of another namespace, or of a whole one.
  if (parts.some((segments) => segments.length === 0)) throw invalid("one of its parts holds no name");
  const key = parts.flat().join("/");
  const problem = pathProblem(key);
  if (problem !== undefined) throw invalid(problem);
  return key;
}

function cleanSegments(text: string): string[] {
  return text
    .trim()
    .split("/")
    .filter((segment) => segment !== "" && segment !== ".");
}

function invalid(problem: string): StorageError {
  return new StorageError("INVALID_PATH", `This is not a valid key of a namespace: ${problem}.`);
}
