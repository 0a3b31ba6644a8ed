import { types } from "node:util";
import { StorageError, type StorageErrorDetails } from "../errors/error.js";
import type { EventDetails } from "../observe/recorder.js";
import { isPlainObject } from "../json/is-object.js";
import { abortable } from "../async/abort.js";
import { endingSource } from "../store/body-source.js";
import { assertOptions } from "../store/call-options.js";
import type {
  CallOptions,
  ListOptions,
  ObjectInfo,
  ReadOptions,
  Store,
  StoreBody,
  WriteOptions,
} from "../store/store.js";
import { callStore, storeFor, type ManagerParts } from "../call/call.js";
import { giveUp } from "../async/give-up.js";
import { listObjects } from "../maintain/list-objects.js";

// The user's own objects, named by path. The store checks the values of the options. Their names are checked here as
// well, because a user's own store may ignore options that it does not know.

export async function writeBlob(
  parts: ManagerParts,
  path: string,
  data: StoreBody,
  options: WriteOptions,
): Promise<ObjectInfo> {
  const details: EventDetails = { store: parts.settings.store?.name, objects: 1, path };
  return endingSource(data, async (body) => {
    assertOptions("write", options, { operation: "write", store: details.store });
    return callStore(parts, "write", details, options, async (signal) => {
      const info = await storeFor(path, parts.settings, "write").write(path, body, { ...options, signal });
      details.bytes = info.size;
      return { ...info, path };
    }).finally(() => parts.source.forgetObject(path));
  });
}

export async function readBlob(parts: ManagerParts, path: string, options: ReadOptions): Promise<Uint8Array> {
  const details: EventDetails = { store: parts.settings.store?.name, objects: 1, path };
  assertOptions("read", options, { operation: "read", store: details.store });
  return callStore(parts, "read", details, options, async (signal) => {
    const bytes = await readWhole(storeFor(path, parts.settings, "read"), path, options, signal);
    details.bytes = bytes.byteLength;
    return bytes;
  });
}

export function listBlobs(
  parts: ManagerParts,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ObjectInfo, void, undefined> {
  // The options are copied at the call, however late the first object is asked for. Wrong options are reported only
  // then.
  return listing(parts, prefix, ownCopy(options));
}

function ownCopy(options: ListOptions): ListOptions {
  try {
    return isPlainObject(options) ? { ...options } : options;
  } catch {
    return options; // a getter or a proxy threw, as it does in the check
  }
}

async function* listing(
  { settings, recorder }: ManagerParts,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ObjectInfo, void, undefined> {
  const details: EventDetails = { store: settings.store?.name, path: prefix };
  assertOptions("list", options, { operation: "list", store: details.store });
  yield* recorder.recordEach("list", details, listObjects(prefix, options, settings));
}

export async function deleteBlob(parts: ManagerParts, path: string, options: CallOptions): Promise<void> {
  const details: EventDetails = { store: parts.settings.store?.name, objects: 1, path };
  // Not the options of a store's delete: a condition is for the store, whose capabilities say whether it supports
  // one.
  assertOptions("call", options, { operation: "delete", store: details.store });
  try {
    await callStore(parts, "delete", details, options, (signal) =>
      storeFor(path, parts.settings, "delete").delete(path, { signal }),
    );
  } finally {
    parts.source.forgetObject(path);
  }
}

/** Reads a whole object. A body that is no longer wanted is cancelled. */
async function readWhole(store: Store, path: string, options: ReadOptions, signal: AbortSignal): Promise<Uint8Array> {
  const read = store.read(path, { ...options, signal });
  const result = await abortable(read, signal, undefined, (late) => late.cancel());
  try {
    const bytes: unknown = await abortable(result.bytes(), signal);
    assertBody(bytes, result.info, options, { operation: "read", store: store.name, path });
    return bytes;
  } finally {
    giveUp(() => result.cancel());
  }
}

/** Checks a body. A user's own store may answer with anything, and a body may be shorter than its declared size. */
function assertBody(
  bytes: unknown,
  { size }: ObjectInfo,
  { offset, length }: ReadOptions,
  details: StorageErrorDetails,
): asserts bytes is Uint8Array {
  if (!types.isUint8Array(bytes)) {
    throw new StorageError("UNEXPECTED", "The store gave a body that is not bytes: mend the store.", details);
  }
  const isWhole = offset === undefined && length === undefined;
  if (!isWhole || bytes.byteLength === size) return;
  const message = `The body has ${bytes.byteLength} bytes, and the store said that the object has ${size}.`;
  throw new StorageError("INTEGRITY", message, details);
}
