import { StorageError } from "../errors/error.js";
import { pathProblem } from "../paths/path.js";

/**
 * Joins a namespace and an id to a scope, `namespace/id`. Outer spaces, doubled slashes and `.` segments are removed.
 * The result is `""` when either is blank. The rule is BubuStack's, so that its other parts know these scopes.
 *
 * The key is not injective: `("a", "b/c")` and `("a/b", "c")` give the same scope. Ids that differ only by spaces or
 * slashes give the same scope too. To make a scope of any strings, use {@link scopePath}, which keeps them apart.
 *
 * @throws {StorageError} `INVALID_PATH` when the result would be no path inside the namespace. `..` is refused and
 *   not resolved. A namespace or id of slashes and dots only is refused too, and so is a backslash or a control
 *   character.
 *
 * @example
 * namespacedKey("orders", "run-42"); // "orders/run-42"
 */
export function namespacedKey(namespace: string, id: string): string {
  if (typeof namespace !== "string" || typeof id !== "string") throw invalid("its parts must be strings");
  if (namespace.trim() === "" || id.trim() === "") return "";
  const parts = [cleanSegments(namespace), cleanSegments(id)];
  // If one part became empty, only the other part would be left. That would be the key of another namespace, or of a
  // whole one.
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
  return new StorageError("INVALID_PATH", `This is not a valid key of a namespace: ${problem}.`, {
    operation: "namespacedKey",
  });
}
