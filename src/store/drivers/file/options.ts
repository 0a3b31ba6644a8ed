import { resolve } from "node:path";
import * as z from "zod/mini";
import { parseOptions } from "../../../options/parse-options.js";
import { rootProblem } from "./root-problem.js";

/** Options of {@link FileStore}. */
export interface FileStoreOptions {
  /**
   * The directory that holds the objects. A relative path starts at the working directory at construction. The first
   * write makes the directory. It may be a symbolic link, and other processes may share it. If the link moves, later
   * calls use the new place. A URL is refused, and so is a path of Windows on another system.
   */
  root: string;
  /**
   * Whether a write waits until the object would survive a power failure. Default `true`. `false` is several times
   * faster, and a crash of the process alone still loses nothing.
   */
  fsync?: boolean | undefined;
  /**
   * Whether the file system below the root ignores case or normalises Unicode. Default `true` on macOS and Windows,
   * otherwise `false`. With `true`, upper-case letters and characters outside ASCII are percent-encoded on disk.
   * Always open one root with the same value. Otherwise a store may not find objects that were written with the other
   * value.
   */
  caseInsensitive?: boolean | undefined;
  /**
   * Permissions of the files that the store makes, such as `0o640`. At least `0o600`, at most `0o777`. Default
   * `0o600`, only the owner.
   *
   * They don't depend on the umask. A copy gets these permissions, not those of its source. They have no effect on
   * Windows and on file systems without permissions. An existing file keeps its permissions until it is written
   * again.
   */
  fileMode?: number | undefined;
  /**
   * Permissions of the directories that the store makes, such as `0o750`. At least `0o700`, at most `0o777`. Default
   * `0o700`, only the owner.
   *
   * They also apply to the root and the directories above it, if the store makes them. Existing directories keep
   * their permissions. Otherwise the same rules hold as for `fileMode`. To share a root with processes of another
   * user, set both options, for example to `0o660` and `0o770`.
   */
  directoryMode?: number | undefined;
}

const MODE_PROBLEM = {
  fileMode: "must be permissions from 0o600 to 0o777 that let the owner read and write, such as 0o640",
  directoryMode: "must be permissions from 0o700 to 0o777 that let the owner do everything, such as 0o750",
};

const schema = z.strictObject({
  root: z
    .string()
    .check(z.refine((root) => rootProblem(root) === undefined, { error: ({ input }) => rootProblem(input as string) })),
  fsync: z._default(z.boolean(), true),
  caseInsensitive: z._default(z.boolean(), process.platform === "darwin" || process.platform === "win32"),
  fileMode: z._default(z.number().check(z.refine(isMode(0o600), MODE_PROBLEM.fileMode)), 0o600),
  directoryMode: z._default(z.number().check(z.refine(isMode(0o700), MODE_PROBLEM.directoryMode)), 0o700),
});

/** Returns a check for permissions that include the needed ones. */
function isMode(needed: number): (mode: number) => boolean {
  return (mode) => Number.isInteger(mode) && mode >= 0 && mode <= 0o777 && (mode & needed) === needed;
}

/** @throws {StorageError} `CONFIG_INVALID`, which names each field that is wrong */
export function parseFileStoreOptions(options: FileStoreOptions): z.output<typeof schema> {
  const parsed = parseOptions(schema, options, "FileStore");
  return { ...parsed, root: resolve(parsed.root) };
}
