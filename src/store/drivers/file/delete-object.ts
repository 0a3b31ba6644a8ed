import { unlink } from "node:fs/promises";
import { removeEmptyDirectories } from "./directories.js";
import { unless } from "./file-error.js";
import { placeOf, type FileTree } from "./file-tree.js";
import { statFile } from "./object-file.js";

/**
 * Deletes one object, and the directories that are empty without it. A directory that got an entry meanwhile is not
 * empty for rmdir(2), and a writer that finds its directory gone makes it again, so neither takes anything from another.
 */
export async function deleteObject(tree: FileTree, path: string): Promise<void> {
  await tree.root.use((root) => (root === undefined ? Promise.resolve() : deleteBelow(tree, root, path)));
}

async function deleteBelow(tree: FileTree, root: string, path: string): Promise<void> {
  const { file, directory, directories } = placeOf(path, root, tree.rules);
  if ((await tree.root.whereabouts(root, directory)) !== "inside") return;
  if ((await statFile(file)) !== undefined) await unless(unlink(file), "ENOENT");
  // Also when nothing was there: a delete that failed after its unlink may be what the caller repeats.
  await tree.sync.syncRemoval(root, await removeEmptyDirectories(root, directories));
}
