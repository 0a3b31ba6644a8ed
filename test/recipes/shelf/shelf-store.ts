import { throwIfAborted } from "../../../src/async/abort.js";
import { comparePaths } from "../../../src/paths/path.js";
import { collectBody } from "../../../src/store/body.js";
import { isListed } from "../../../src/store/check.js";
import { DriverStore, type DriverCall } from "../../../src/store/drivers/driver-store.js";
import { declareOwnStore } from "../../../src/store/guard/own-stores.js";
import { bytesResult } from "../../../src/store/read-result.js";
import type { ListOptions, ObjectInfo, ReadResult, StoreBody, WriteOptions } from "../../../src/store/store.js";
import { ShelfFault, type ShelfClient } from "./client.js";
import { toStorageError } from "./errors.js";
import { parseShelfOptions, type ShelfStoreOptions } from "./options.js";

/** Keeps objects on a shelf: the least that a store can be. */
export class ShelfStore extends DriverStore<"shelf"> {
  /** @throws {StorageError} `CONFIG_INVALID` that names every wrong option */
  constructor(options: ShelfStoreOptions) {
    const { client } = parseShelfOptions(options);
    super({
      name: "shelf",
      capability: {
        copy: false,
        presign: false,
        rangeRead: false,
        ifNoneMatch: false,
        ifMatch: false,
        deleteIfMatch: false,
        metadata: false,
        contentType: false,
      },
      write: (path, body, given, call) => writeObject(client, path, body, given, call),
      read: (path, _given, call) => readObject(client, path, call),
      stat: (path) => statObject(client, path),
      delete: (path) => client.remove(path),
      list: (prefix, given, call) => listObjects(client, prefix, given, call),
      failure: toStorageError,
    });
  }

  static {
    declareOwnStore(this);
  }
}

async function writeObject(
  client: ShelfClient,
  path: string,
  body: StoreBody,
  options: WriteOptions,
  { details }: DriverCall,
): Promise<ObjectInfo> {
  const bytes = Buffer.concat(await collectBody(body, options, details));
  await client.put(path, bytes);
  return { path, size: bytes.byteLength };
}

async function readObject(client: ShelfClient, path: string, { details, signal }: DriverCall): Promise<ReadResult> {
  const { bytes, at } = await client.get(path);
  const info = { path, size: bytes.byteLength, lastModified: new Date(at) };
  return bytesResult(info, bytes, { store: details.store, signal });
}

async function statObject(client: ShelfClient, path: string): Promise<ObjectInfo | undefined> {
  try {
    const { bytes, at } = await client.get(path);
    return { path, size: bytes.byteLength, lastModified: new Date(at) };
  } catch (error) {
    if (error instanceof ShelfFault && error.reason === "missing") return undefined;
    throw error;
  }
}

async function* listObjects(
  client: ShelfClient,
  prefix: string,
  { startAfter, limit = Infinity }: ListOptions,
  { details, signal }: DriverCall,
): AsyncGenerator<ObjectInfo, void, undefined> {
  const paths = (await client.keys()).filter((path) => isListed(path, prefix, startAfter)).sort(comparePaths);
  for (const path of paths.slice(0, limit)) {
    throwIfAborted(signal, details);
    const info = await statObject(client, path);
    if (info !== undefined) yield info;
  }
}
