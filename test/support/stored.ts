import { createHash } from "node:crypto";
import type { StorageReference } from "../../src/reference/reference.js";
import { sha256Digest } from "../../src/bytes/digest.js";
import type { Store } from "../../src/store/store.js";

/** The bytes of a StoredObject, as API.md has them. */
export function storedJson(data: unknown): Buffer {
  return Buffer.from(`{"contentType":"json","data":${JSON.stringify(data)}}`);
}

/** The native reference to an object with these bytes. */
export function referenceTo(path: string, bytes: Uint8Array, contentType = "application/json"): StorageReference {
  return {
    $storageRef: path,
    $storageContentType: contentType,
    $storageSize: bytes.byteLength,
    $storageDigest: sha256Digest(bytes),
  };
}

/** Puts an object into a store, below `outputs/s` unless a path is given, and gives the reference to it. */
export async function put(
  store: Store,
  bytes: Uint8Array,
  { path, contentType = "application/json" }: { path?: string; contentType?: string } = {},
): Promise<StorageReference> {
  const place = path ?? `outputs/s/${createHash("sha256").update(bytes).digest("hex")}.json`;
  await store.write(place, bytes);
  return referenceTo(place, bytes, contentType);
}

/** Puts a JSON value into a store as a StoredObject, and gives the reference to it. */
export function putJson(store: Store, data: unknown, path?: string): Promise<StorageReference> {
  return put(store, storedJson(data), path === undefined ? {} : { path });
}

/** All objects of a store, by path. */
export async function objectsOf(store: Store): Promise<Map<string, Buffer>> {
  const objects = new Map<string, Buffer>();
  for await (const { path } of store.list("")) {
    objects.set(path, Buffer.from(await (await store.read(path)).bytes()));
  }
  return objects;
}
