import { createHash } from "node:crypto";
import { parseStoredObject } from "../../src/object/stored-object.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { sha256Digest } from "../../src/bytes/digest.js";
import type { StorageManagerOptions } from "../../src/configure/options.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { Store } from "../../src/store/store.js";
import { longText } from "./payloads.js";
import { RecordingStore } from "./recording-store.js";
import { objectsOf } from "./stored.js";

/** What lies in a store after a dehydration, checked against the references to it. */
export interface StoredEntries {
  /** Objects by path. */
  readonly objects: Map<string, Buffer>;
  /** The references in the order in which they stand in the payload. */
  readonly references: (StorageReference & { $storageOffset?: number })[];
  /** The bytes that each of them points at. */
  readonly entries: Buffer[];
}

/**
 * Reads everything in a store, and checks by the wire format alone: each object has the name of its content; each line
 * of a pack, and each `.json`, is a StoredObject; each native reference finds an entry of its size and digest; and no
 * byte is there that no reference needs.
 */
export async function checkedEntries(store: Store, dehydrated: unknown): Promise<StoredEntries> {
  const objects = await objectsOf(store);
  for (const [path, bytes] of objects) checkObject(path, bytes);
  const references: StorageReference[] = [];
  const entries: Buffer[] = [];
  const used = new Map<string, number>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if (!Object.hasOwn(value, "$storageRef")) {
      Object.values(value).forEach(visit);
      return;
    }
    const reference = value as StorageReference;
    const entry = entryOf(reference, objects);
    references.push(reference);
    entries.push(entry);
    const { $storageRef, $storageOffset } = reference as StorageReference & { $storageOffset?: number };
    used.set(
      `${$storageRef} ${$storageOffset ?? 0} ${entry.byteLength}`,
      entry.byteLength + ($storageRef.endsWith(".pack") ? 1 : 0),
    );
    if (!$storageRef.endsWith(".bin")) visit((JSON.parse(entry.toString()) as { data: unknown }).data);
  };
  visit(dehydrated);
  const usedSize = [...used.values()].reduce((sum, size) => sum + size, 0);
  const storedSize = [...objects.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  expect([used.size > 0, storedSize]).toEqual([objects.size > 0, usedSize]);
  return { objects, references, entries };
}

function checkObject(path: string, bytes: Buffer): void {
  const [, name, extension] = /^[\w/-]*\/([0-9a-f]{64})\.(json|pack|bin)$/.exec(path)!;
  expect(name).toBe(createHash("sha256").update(bytes).digest("hex"));
  if (extension === "bin") return;
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  const lines = extension === "pack" ? text.split("\n") : [text, ""];
  expect(lines.pop()).toBe(""); // each line of a pack has its end
  if (extension === "pack") expect(lines.length).toBeGreaterThan(1);
  expect(new Set(lines).size).toBe(lines.length);
  for (const line of lines) parseStoredObject(line, path);
}

function entryOf(reference: StorageReference, objects: Map<string, Buffer>): Buffer {
  const { $storageRef, $storageSize, $storageDigest, $storageOffset } = reference as StorageReference & {
    $storageOffset?: number;
  };
  const object = objects.get($storageRef)!;
  if ($storageRef.endsWith(".pack")) expect($storageOffset).toBeDefined();
  if ($storageRef.endsWith(".json")) expect($storageOffset).toBeUndefined();
  if ($storageOffset === undefined) expect($storageSize).toBe(object.byteLength);
  const entry = object.subarray($storageOffset ?? 0, ($storageOffset ?? 0) + $storageSize);
  expect([entry.byteLength, sha256Digest(entry)]).toEqual([$storageSize, $storageDigest]);
  return entry;
}

const ENVELOPE = '{"contentType":"raw","data":""}'.length;

/** A text whose StoredObject has that many bytes. */
export const textOf = (size: number, label: string | number = "t"): string => longText(`${label} `, size - ENVELOPE);
/** Texts of which no two are the same. */
export const texts = (count: number, size: number): string[] =>
  Array.from({ length: count }, (_, i) => textOf(size, i));

/** Dehydrates in the scope `s`, and checks what is stored. What is over 20 bytes leaves. */
export async function dehydrateChecked(payload: unknown, options: Omit<StorageManagerOptions, "store"> = {}) {
  const store = new RecordingStore();
  const manager = new StorageManager({ store, maxInlineSize: 20, ...options });
  const dehydrated = await manager.dehydrate(payload, { scope: "s" });
  const checked = await checkedEntries(store.inner, dehydrated);
  const { references, objects } = checked;
  const writes = store.paths("write").map((path) => path.slice(path.lastIndexOf(".")));
  const offsets = references.map(({ $storageOffset }) => $storageOffset);
  const sizes = [...objects.values()].map(({ byteLength }) => byteLength);
  return { store, manager, dehydrated, writes, offsets, sizes, ...checked };
}
