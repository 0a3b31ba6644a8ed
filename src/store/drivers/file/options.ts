import { resolve } from "node:path";
import * as z from "zod/mini";
import { parseOptions } from "../../../options/parse-options.js";

/** Options of {@link FileStore}. */
export interface FileStoreOptions {
  /**
   * The directory to keep objects in; a relative one is below the working directory at construction. It is made when
   * the first object is written. It may be a symbolic link, and may be shared with other processes. When the link moves
   * on, the calls that follow use the new place.
   */
  root: string;
  /**
   * Whether a write waits until the object would survive a power failure. Default `true`. `false` is several times
   * faster; a crash of the process alone still loses nothing.
   */
  fsync?: boolean | undefined;
  /**
   * Whether the file system below the root ignores case or normalises Unicode. Default `true` on macOS and Windows,
   * otherwise `false`. With `true`, upper-case letters and all that is not ASCII are percent-encoded on disk. Always
   * open one root with the same value: objects written with the other one may not be found.
   */
  caseInsensitive?: boolean | undefined;
  /**
   * Permissions of the files that the store makes, such as `0o640`: at least `0o600`, at most `0o777`; default `0o600`,
   * only the owner. They don't depend on the umask; a copy has these, not those of its source. No effect on Windows and on
   * file systems without permissions. Files that are there keep theirs until they are written anew.
   */
  fileMode?: number | undefined;
  /**
   * Permissions of the directories that the store makes, the root and those above it among them, such as `0o750`: at least
   * `0o700`, at most `0o777`; default `0o700`, only the owner. Otherwise as `fileMode`. Directories that are there keep
   * theirs. Whoever shares a root with processes of another user needs both, as `0o660` and `0o770`.
   */
  directoryMode?: number | undefined;
}

const MODE_PROBLEM = {
  fileMode: "must be permissions from 0o600 to 0o777 that let the owner read and write, such as 0o640",
  directoryMode: "must be permissions from 0o700 to 0o777 that let the owner do everything, such as 0o750",
};

const schema = z.strictObject({
  root: z.string().check(
    z.minLength(1, "must not be empty"),
    z.refine((root) => !root.includes("\0"), "must not hold a NUL character"),
  ),
  fsync: z._default(z.boolean(), true),
  caseInsensitive: z._default(z.boolean(), process.platform === "darwin" || process.platform === "win32"),
  fileMode: z._default(z.number().check(z.refine(isMode(0o600), MODE_PROBLEM.fileMode)), 0o600),
  directoryMode: z._default(z.number().check(z.refine(isMode(0o700), MODE_PROBLEM.directoryMode)), 0o700),
});

/** Whether a value is permissions, and these are among them. */
function isMode(needed: number): (mode: number) => boolean {
  return (mode) => Number.isInteger(mode) && mode >= 0 && mode <= 0o777 && (mode & needed) === needed;
}

/** @throws {StorageError} `CONFIG_INVALID` that names each field which is wrong */
export function parseFileStoreOptions(options: FileStoreOptions): z.output<typeof schema> {
  const parsed = parseOptions(schema, options, "FileStore");
  return { ...parsed, root: resolve(parsed.root) };
}
