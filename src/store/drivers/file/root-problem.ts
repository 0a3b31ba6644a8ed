/**
 * Says why a text can't be the root of a store. A URL, and a path of Windows on another system, would silently become a
 * directory below the working directory.
 */
export function rootProblem(root: string): string | undefined {
  if (root === "") return "must not be empty";
  if (root.includes("\0")) return "must not hold a NUL character";
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(root)) return "must be a path and not a URL: fileURLToPath(url) makes it one";
  if (process.platform === "win32" || !/^(?:[a-z]:[\\/]|\\\\)/i.test(root)) return undefined;
  return "must be a path of this system, and is one of Windows";
}
