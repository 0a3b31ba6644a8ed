import { readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "../../../../src/store/store.js";

/** Makes a fresh directory each time it is called; all of them are removed after the tests of the file. */
export function useDirectories(): () => Promise<string> {
  const made: string[] = [];
  afterAll(() => Promise.all(made.map((directory) => rm(directory, { recursive: true, force: true }))));
  return async () => {
    const directory = await realpath(await mkdtemp(join(tmpdir(), "coatcheck-")));
    made.push(directory);
    return directory;
  };
}

/** All that is on disk below a directory, sorted. */
export async function treeOf(directory: string): Promise<string[]> {
  return (await readdir(directory, { recursive: true })).sort();
}

/** The paths of a listing. */
export async function pathsOf(store: Store, prefix = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list(prefix)) paths.push(path);
  return paths;
}

/** The content of an object as text. */
export async function textOf(store: Store, path: string): Promise<string> {
  return Buffer.from(await (await store.read(path)).bytes()).toString();
}

/** Open files of this process that are below a directory. */
export function openBelow(directory: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(directory) ? [target] : [];
    } catch {
      return []; // the descriptor of the listing itself
    }
  });
}
