import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { StorageError } from "../../../errors/error.js";
import { throwIfAborted } from "../../../async/abort.js";
import { checkedBytes, checkedChunks, isWholeBody } from "../../body.js";
import type { ObjectInfo, StoreBody, WriteOptions } from "../../store.js";
import type { DriverCall } from "../driver-store.js";
import { FileFault } from "./file-error.js";
import { atPlace, type FileTree } from "./file-tree.js";
import { statObject } from "./object-file.js";
import { widenFile } from "./permissions.js";
import { publishObject } from "./publish.js";

/** Bytes of one write. A limit, so that an abort is noticed between two writes. */
const WRITE_BYTES = 16_777_216;

/** Writes one object. */
export async function writeObject(
  tree: FileTree,
  path: string,
  body: StoreBody,
  options: WriteOptions,
  call: DriverCall,
): Promise<ObjectInfo> {
  if (options.ifNoneMatch !== undefined) await assertAbsent(tree, path);
  const { fileMode } = tree.permissions;
  const content = {
    create: (file: string) => open(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, fileMode),
    fill: async (handle: FileHandle) => {
      await widenFile(handle, fileMode);
      await writeBody(handle, body, options, call);
    },
  };
  return publishObject(tree, path, content, call);
}

/** Avoids an upload that can't succeed. The link(2) afterwards decides. */
async function assertAbsent(tree: FileTree, path: string): Promise<void> {
  const stats = await atPlace(tree, path, (place) => statObject(tree.root, place));
  if (stats !== undefined) throw new FileFault("ALREADY_EXISTS", "The object exists already.");
}

async function writeBody(handle: FileHandle, body: StoreBody, options: WriteOptions, call: DriverCall): Promise<void> {
  const { details } = call;
  if (isWholeBody(body)) return writeBytes(handle, await checkedBytes(body, options, details), call);
  for await (const chunk of checkedChunks(body, options, details)) await writeBytes(handle, chunk, call);
}

async function writeBytes(handle: FileHandle, bytes: Uint8Array, { signal, details }: DriverCall): Promise<void> {
  const size = bytes.byteLength;
  for (let written = 0; written < size;) {
    throwIfAborted(signal, details);
    if (bytes.byteLength !== size)
      throw new StorageError("INTEGRITY", "The body was changed while it was written.", details);
    const length = Math.min(WRITE_BYTES, size - written);
    written += (await handle.write(bytes, written, length)).bytesWritten;
  }
}
