import { createHash } from "node:crypto";
import type { StorageReference } from "../../src/reference/reference.js";
import type { Store } from "../../src/store/store.js";
import { referenceTo, storedJson } from "./stored.js";

/** A reference to an entry in a pack. */
export type PackedReference = StorageReference & { $storageOffset: number };

/** Puts entries into one object, with something between them, and gives the references to them. */
export async function putPack(
  store: Store,
  entries: readonly Uint8Array[],
  {
    between = Buffer.from("\n"),
    path,
    contentType,
  }: { between?: Uint8Array; path?: string; contentType?: string } = {},
): Promise<PackedReference[]> {
  const bytes = Buffer.concat(entries.flatMap((entry, index) => (index === 0 ? [entry] : [between, entry])));
  const name = `${createHash("sha256").update(bytes).digest("hex")}.${contentType === undefined ? "pack" : "bin"}`;
  const place = path ?? `outputs/s/${name}`;
  await store.write(place, bytes);
  let offset = 0;
  return entries.map((entry) => {
    const reference = { ...referenceTo(place, entry, contentType), $storageOffset: offset };
    offset += entry.byteLength + between.byteLength;
    return reference;
  });
}

/** Puts JSON values into one object, a StoredObject a line, as dehydration does. */
export function putJsonPack(store: Store, values: readonly unknown[], path?: string): Promise<PackedReference[]> {
  return putPack(store, values.map(storedJson), path === undefined ? {} : { path });
}
