import { StorageError } from "../errors/error.js";

/** Maximum length of a path in any store, in UTF-8 bytes: S3's limit of an object key. */
export const MAX_PATH_BYTES = 1024;

// Control characters are those of Unicode's category Cc: C0, DEL and C1.
const FORBIDDEN = /[\p{Cc}\\]/u;

// Most paths, such as those that this library makes. They are found good at once.
const PLAIN = /^[\w-][\w.-]*(?:\/[\w-][\w.-]*)*$/;

/**
 * Says what is wrong with an object path. Returns `undefined` when it is valid.
 * A path consists of segments joined by `/`. No segment is empty, `.` or `..`. No segment holds a control character, a
 * backslash or a lone surrogate. A path has at most 1,024 UTF-8 bytes.
 */
export function pathProblem(path: unknown): string | undefined {
  if (typeof path !== "string") return `it is ${path === null ? "null" : typeof path}, not a string`;
  if (path.length <= MAX_PATH_BYTES && PLAIN.test(path)) return undefined;
  return path === "" ? "it is empty" : (textProblem(path) ?? segmentProblem(path.split("/")));
}

function textProblem(text: string): string | undefined {
  if (Buffer.byteLength(text) > MAX_PATH_BYTES) return `it is longer than ${MAX_PATH_BYTES} UTF-8 bytes`;
  if (FORBIDDEN.test(text)) return "it holds a control character or a backslash";
  if (!text.isWellFormed()) return "it holds a lone surrogate";
  return undefined;
}

function segmentProblem(segments: readonly string[]): string | undefined {
  if (segments.includes("")) return "it has an empty segment (a leading, trailing or double slash)";
  if (segments.includes(".") || segments.includes("..")) return 'it has a segment "." or ".."';
  return undefined;
}

/**
 * @throws {StorageError} `INVALID_PATH` unless `path` is an object path. The message does not repeat the path.
 */
export function assertPath(path: string, operation: string, store: string): void {
  const problem = pathProblem(path);
  if (problem !== undefined) throw invalidPath("object path", problem, operation, store);
}

/**
 * Checks the prefix of a listing. It is the beginning of some path, so its last segment may be empty or incomplete.
 *
 * @throws {StorageError} `INVALID_PATH`
 */
export function assertPrefix(prefix: string, operation: string, store: string): void {
  if (prefix === "") return;
  const problem =
    typeof prefix === "string"
      ? (textProblem(prefix) ?? segmentProblem(prefix.split("/").slice(0, -1)))
      : pathProblem(prefix);
  if (problem !== undefined) throw invalidPath("prefix", problem, operation, store);
}

/**
 * Returns the text without its trailing slashes. It uses no regular expression, which would be tried at every slash.
 */
export function withoutTrailingSlashes(text: string): string {
  let end = text.length;
  while (text[end - 1] === "/") end--;
  return text.slice(0, end);
}

/** Returns the error for a path that can't be used. The message does not repeat the path. */
export function invalidPath(what: string, problem: string, operation: string, store: string): StorageError {
  return new StorageError("INVALID_PATH", `This is not a valid ${what}: ${problem}.`, { operation, store });
}

/** Orders paths by their UTF-8 bytes, as S3 lists them. UTF-16 code units would order astral characters differently. */
export function comparePaths(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      // Surrogates stand for code points above every other code unit.
      const xSurrogate = x >= 0xd800 && x <= 0xdfff;
      const ySurrogate = y >= 0xd800 && y <= 0xdfff;
      return xSurrogate === ySurrogate ? x - y : xSurrogate ? 1 : -1;
    }
  }
  return a.length - b.length;
}
