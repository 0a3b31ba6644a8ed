import { Buffer } from "node:buffer";
import type { RandomChoice } from "../support/fault-run/random-choice.js";
import { dirname, basename, join } from "node:path";

/** The content of a file: what was written, and what of it was synced. */
export class DiskFile {
  content = Buffer.alloc(0);
}

type Entry = DiskFile | "directory";

type Change =
  | { readonly kind: "set"; readonly directory: string; readonly name: string; readonly entry: Entry }
  | { readonly kind: "remove"; readonly directory: string; readonly name: string };

type Step =
  | Change
  | { readonly kind: "write"; readonly file: DiskFile; readonly content: Buffer }
  | { readonly kind: "sync file"; readonly file: DiskFile }
  | { readonly kind: "sync directory"; readonly directory: string };

/** What a power cut leaves: paths of directories and files below the root, in the order in which they can be made. */
export interface Remains {
  readonly directories: readonly string[];
  readonly files: ReadonlyMap<string, Buffer>;
}

/**
 * All that was done to files and directories, in its order, so that what a power cut leaves can be told for any moment:
 * of a file what was synced, of a directory the entries that were there when it was synced. What was not synced may be
 * there all the same, or a part of it.
 */
export class DiskJournal {
  readonly #steps: Step[] = [];

  /** How much has been done. */
  get length(): number {
    return this.#steps.length;
  }

  written(file: DiskFile, content: Buffer): void {
    this.#steps.push({ kind: "write", file, content });
  }

  syncedFile(file: DiskFile): void {
    this.#steps.push({ kind: "sync file", file });
  }

  syncedDirectory(directory: string): void {
    this.#steps.push({ kind: "sync directory", directory });
  }

  set(path: string, entry: Entry): void {
    this.#steps.push({ kind: "set", directory: dirname(path), name: basename(path), entry });
  }

  removed(path: string): void {
    this.#steps.push({ kind: "remove", directory: dirname(path), name: basename(path) });
  }

  /**
   * What is there after a power cut behind the first `length` steps.
   *
   * @param choice decides what remains of what was not synced; nothing does without it
   */
  afterPowerCut(root: string, length: number, choice?: RandomChoice): Remains {
    const entries = new Map<string, Map<string, Entry>>();
    const pending = new Map<string, Change[]>();
    const written = new Map<DiskFile, Buffer>();
    const synced = new Map<DiskFile, Buffer>();
    const apply = (change: Change): void => {
      const inside = entries.get(change.directory) ?? new Map<string, Entry>();
      entries.set(change.directory, inside);
      if (change.kind === "set") inside.set(change.name, change.entry);
      else inside.delete(change.name);
    };
    for (const step of this.#steps.slice(0, length)) {
      if (step.kind === "write") written.set(step.file, step.content);
      else if (step.kind === "sync file") synced.set(step.file, written.get(step.file) ?? Buffer.alloc(0));
      else if (step.kind === "sync directory") {
        for (const change of pending.get(step.directory) ?? []) apply(change);
        pending.delete(step.directory);
      } else pending.set(step.directory, [...(pending.get(step.directory) ?? []), step]);
    }
    // A journaling file system keeps the order of what is done in one directory.
    for (const changes of pending.values()) {
      for (const change of changes.slice(0, choice?.below(changes.length + 1) ?? 0)) apply(change);
    }
    const contentOf = (file: DiskFile): Buffer => {
      const known = synced.get(file);
      if (known !== undefined) return known;
      const whole = written.get(file) ?? Buffer.alloc(0);
      return whole.subarray(0, choice?.below(whole.byteLength + 1) ?? 0);
    };
    return remainsBelow(root, entries, contentOf);
  }
}

function remainsBelow(
  root: string,
  entries: ReadonlyMap<string, ReadonlyMap<string, Entry>>,
  contentOf: (file: DiskFile) => Buffer,
): Remains {
  const directories: string[] = [];
  const files = new Map<string, Buffer>();
  const open = [root];
  for (let directory = open.pop(); directory !== undefined; directory = open.pop()) {
    for (const [name, entry] of entries.get(directory) ?? []) {
      const path = join(directory, name);
      if (entry === "directory") {
        directories.push(path);
        open.push(path);
      } else files.set(path, contentOf(entry));
    }
  }
  return { directories, files };
}
