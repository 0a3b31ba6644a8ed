import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { StorageError } from "../../../errors/error.js";
import { throwIfAborted } from "../../../async/abort.js";
import { checkedBytes, checkedChunks, isWholeBody } from "../../body.js";
import type { CallDetails } from "../../check.js";
import type { CallOptions, ObjectInfo, StoreBody, WriteOptions } from "../../store.js";
import { FileFault } from "./file-error.js";
import { placeOf, type FileTree } from "./file-tree.js";
import { statObject } from "./object-file.js";
import { widenFile } from "./permissions.js";
import { publishObject } from "./publish.js";

/** Bytes of one write, so that an abort is noticed in between. */
const WRITE_BYTES = 16_777_216;

/** Writes one object. */
export async function writeObject(
  tree: FileTree,
  path: string,
  body: StoreBody,
  options: WriteOptions,
  details: CallDetails,
): Promise<ObjectInfo> {
  if (options.ifNoneMatch !== undefined) await assertAbsent(tree, path);
  const { fileMode } = tree.permissions;
  const content = {
    create: (file: string) => open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, fileMode),
    fill: async (handle: FileHandle) => {
      await widenFile(handle, fileMode);
      await writeBody(handle, body, options, details);
    },
  };
  return publishObject(tree, path, content, options, details);
}

/** Spares an upload that can't succeed. What decides is the link(2) afterwards. */
async function assertAbsent(tree: FileTree, path: string): Promise<void> {
  const stats = await tree.root.use(async (root) =>
    root === undefined ? undefined : statObject(tree.root, placeOf(path, root, tree.rules)),
  );
  if (stats !== undefined) throw new FileFault("ALREADY_EXISTS", "The object exists already.");
}

async function writeBody(
  handle: FileHandle,
  body: StoreBody,
  options: WriteOptions,
  details: CallDetails,
): Promise<void> {
  if (isWholeBody(body)) return writeBytes(handle, await checkedBytes(body, options, details), options, details);
  for await (const chunk of checkedChunks(body, options, details)) await writeBytes(handle, chunk, options, details);
}

async function writeBytes(
  handle: FileHandle,
  bytes: Uint8Array,
  { signal }: CallOptions,
  details: CallDetails,
): Promise<void> {
  const size = bytes.byteLength;
  for (let written = 0; written < size;) {
    throwIfAborted(signal, details);
    if (bytes.byteLength !== size)
      throw new StorageError("INTEGRITY", "The body was changed while it was written.", details);
    const length = Math.min(WRITE_BYTES, size - written);
    written += (await handle.write(bytes, written, length)).bytesWritten;
  }
}
