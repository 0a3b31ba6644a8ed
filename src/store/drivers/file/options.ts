import { resolve } from "node:path";
import { z } from "zod";
import { parseOptions } from "../../../options.js";

/** Options of {@link FileStore}. */
export interface FileStoreOptions {
  /**
   * The directory to keep objects in; a relative one is below the working directory at construction. It is made when
   * the first object is written. It may be a symbolic link, and may be shared with other processes.
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
}

const schema = z.strictObject({
  root: z
    .string()
    .min(1, "must not be empty")
    .refine((root) => !root.includes("\0"), "must not hold a NUL character"),
  fsync: z.boolean().default(true),
  caseInsensitive: z.boolean().default(process.platform === "darwin" || process.platform === "win32"),
});

/** @throws {StorageError} `CONFIG_INVALID` that names each field which is wrong */
export function parseFileStoreOptions(options: FileStoreOptions): z.output<typeof schema> {
  const parsed = parseOptions(schema, options, "FileStore");
  return { ...parsed, root: resolve(parsed.root) };
}
