import type { BigIntStats, Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { throwIfAborted } from "../../../async/abort.js";
import { isListed, type CallDetails } from "../../check.js";
import { comparePaths, pathProblem } from "../../../paths/path.js";
import type { ListOptions, ObjectInfo, ObjectListing } from "../../store.js";
import { unless } from "./file-error.js";
import type { FileTree } from "./file-tree.js";
import { objectInfo, statFile } from "./object-file.js";
import { decodeName, encodeDirectory, encodeSegment, type NameRules } from "./path-encoding.js";

/** Number of files whose stats are read at once. */
const STAT_BATCH = 32;

/** A directory on disk. It is a directory of objects, or a part of a segment that is too long for one name. */
interface Folder {
  readonly directory: string;
  /** The text that every object path below begins with. */
  readonly prefix: string;
  /** The names on disk of the unfinished segment at the end of `prefix`. Empty after a `/`. */
  readonly segment: readonly string[];
}

/** An entry of a folder: a file, or a folder to descend into. Entries sort by `key`. */
interface Entry extends Folder {
  readonly key: string;
  readonly isFile: boolean;
}

interface Selection {
  readonly tree: FileTree;
  readonly root: string;
  readonly prefix: string;
  readonly startAfter: string | undefined;
}

/** Lists objects in order. Reads one directory after the other, and only as far as the caller reads. */
export async function* listObjects(
  tree: FileTree,
  prefix: string,
  options: ListOptions,
  details: CallDetails,
): ObjectListing {
  const begin = await tree.root.use(async (root) => {
    if (root === undefined) return undefined;
    const selection = { tree, root, prefix, startAfter: options.startAfter };
    return { selection, entries: await entriesOf(firstFolder(selection), selection) };
  });
  if (begin === undefined) return;
  const { selection } = begin;
  let left = options.limit ?? Infinity;
  // Entries still to come. The next entry is the last of the array.
  const stack = begin.entries;
  while (left > 0 && stack.length > 0) {
    throwIfAborted(options.signal, details);
    if (stack.at(-1)!.isFile) {
      for (const info of await statFiles(takeFiles(stack, Math.min(left, STAT_BATCH)))) {
        throwIfAborted(options.signal, details);
        left--;
        yield info;
      }
    } else {
      for (const entry of await entriesOf(stack.pop()!, selection)) stack.push(entry);
    }
  }
}

/** Returns the deepest directory that holds all objects with the prefix. */
function firstFolder({ tree: { rules }, root, prefix }: Selection): Folder {
  const parent = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  return { directory: join(root, ...encodeDirectory(parent, rules)), prefix: parent, segment: [] };
}

/** Returns the entries of a folder that may belong to the listing. The first entry is the last of the array. */
async function entriesOf(folder: Folder, selection: Selection): Promise<Entry[]> {
  const { root, rules } = selection.tree;
  if ((await root.whereabouts(selection.root, folder.directory)) !== "inside") return [];
  const dirents = (await unless(readdir(folder.directory, { withFileTypes: true }), "ENOENT", "ENOTDIR")) ?? [];
  return dirents
    .map((dirent) => entryOf(folder, dirent, rules))
    .filter((entry) => entry !== undefined)
    .filter((entry) => isWanted(entry, selection))
    .sort((a, b) => comparePaths(b.key, a.key));
}

/** Decodes an entry on disk. Returns `undefined` if the store did not make it. */
function entryOf(folder: Folder, dirent: Dirent, rules: NameRules): Entry | undefined {
  const decoded = decodeName(dirent.name);
  if (decoded === undefined) return undefined;
  const { kind, text } = decoded;
  if (kind === "file" ? !dirent.isFile() : !dirent.isDirectory()) return undefined;
  const names = [...folder.segment, dirent.name];
  const path = folder.prefix + text;
  const directory = join(folder.directory, dirent.name);
  if (kind === "partial") return { directory, prefix: path, segment: names, key: path, isFile: false };
  const segment = path.slice(path.lastIndexOf("/") + 1);
  if (pathProblem(path) !== undefined || !isSame(encodeSegment(segment, kind, rules), names)) return undefined;
  const key = kind === "file" ? path : `${path}/`;
  return { directory, prefix: key, segment: [], key, isFile: kind === "file" };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

function isWanted({ key, isFile }: Entry, { prefix, startAfter }: Selection): boolean {
  if (isFile) return isListed(key, prefix, startAfter);
  if (!key.startsWith(prefix) && !prefix.startsWith(key)) return false;
  // Every path below begins with the key. It can come after startAfter only if the key does, or startAfter begins
  // with the key.
  return startAfter === undefined || startAfter.startsWith(key) || comparePaths(key, startAfter) > 0;
}

/** Takes files off the stack up to the next directory. */
function takeFiles(stack: Entry[], most: number): Entry[] {
  const files: Entry[] = [];
  while (files.length < most && stack.at(-1)?.isFile) files.push(stack.pop()!);
  return files;
}

/** Describes files. Leaves out files that are gone meanwhile. */
async function statFiles(files: readonly Entry[]): Promise<ObjectInfo[]> {
  const stats: (BigIntStats | undefined)[] = await Promise.all(files.map((file) => statFile(file.directory)));
  return files.flatMap((file, index) => {
    const found = stats[index];
    return found === undefined ? [] : [objectInfo(file.key, found)];
  });
}
