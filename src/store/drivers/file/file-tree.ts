import { join } from "node:path";
import type { DirectorySync } from "./directory-sync.js";
import { encodePath, type NameRules } from "./path-encoding.js";
import type { Permissions } from "./permissions.js";
import type { StoreRoot } from "./store-root.js";

/** The state and settings that the operations of one store share. */
export interface FileTree {
  readonly root: StoreRoot;
  readonly sync: DirectorySync;
  readonly rules: NameRules;
  /** Whether the content of files is synced before they are published. */
  readonly fsync: boolean;
  readonly permissions: Permissions;
}

/** The place of an object's file, whether or not the file exists. */
export interface Place {
  /** The real path of the root. */
  readonly root: string;
  /** Names of the directories from the root to the file. */
  readonly directories: readonly string[];
  readonly directory: string;
  readonly file: string;
}

export function placeOf(path: string, root: string, rules: NameRules): Place {
  const names = encodePath(path, rules);
  const directories = names.slice(0, -1);
  const directory = join(root, ...directories);
  return { root, directories, directory, file: join(directory, names.at(-1)!) };
}

/** Runs `use` at the place of an object. Returns `undefined` while there is no root. */
export function atPlace<T>(
  { root, rules }: FileTree,
  path: string,
  use: (place: Place) => Promise<T>,
): Promise<T | undefined> {
  return root.use(async (found) => (found === undefined ? undefined : use(placeOf(path, found, rules))));
}
