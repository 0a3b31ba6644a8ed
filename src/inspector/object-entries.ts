import { StorageError } from "../errors/error.js";
import { objectKind } from "../object/object-name.js";
import { roleOf } from "../object/reserved-names.js";
import { parseStoredObject } from "../object/stored-object.js";
import { referencesIn, type FoundReference } from "../reference/references-in.js";
import type { CallOptions, ObjectInfo } from "../store/store.js";

/** Source of objects: a whole store, or only the objects that a manager may read. */
export interface ObjectReader {
  readonly name: string;
  stat(path: string, options: CallOptions): Promise<ObjectInfo | undefined>;
  /** Reads the bytes of an object as they are stored. */
  readWhole(path: string, options: CallOptions): Promise<Uint8Array>;
}

/** Facts about an object. */
export interface InspectedObject {
  readonly path: string;
  readonly size: number;
  readonly kind: string;
  readonly scope: string;
  readonly lastModified?: string;
  readonly expires?: string;
  readonly contentType?: string;
}

/** One value in an object. The value itself is not shown. */
export interface ObjectEntry {
  readonly offset: number;
  readonly size: number;
  readonly contentType: string;
  readonly schema?: string;
  /** References in the value, and their places in it. */
  readonly references: readonly FoundReference[];
}

export interface ObjectInspection {
  readonly info: InspectedObject;
  readonly entries: readonly ObjectEntry[];
  /** Why there are no entries. */
  readonly note?: string;
}

// Twice the default size of a manager's packs.
const MAX_BYTES = 16 * 1024 * 1024;

const NEWLINE = 0x0a;

/**
 * Reads an object and returns its entries.
 *
 * @throws {StorageError} `NOT_FOUND`; also the errors of the reader
 */
export async function objectEntries(
  path: string,
  reader: ObjectReader,
  signal: AbortSignal,
): Promise<ObjectInspection> {
  const stat = await reader.stat(path, { signal });
  if (stat === undefined) {
    throw new StorageError("NOT_FOUND", "There is no such object.", { operation: "inspect", store: reader.name, path });
  }
  const kind = objectKind(path);
  const info = infoOf(stat);
  if (kind.holds !== "envelope" && kind.holds !== "pack") {
    const note =
      kind.holds === "binary"
        ? "only references say where entries begin in binary"
        : "nothing is known of what it holds";
    return { info, entries: [], note };
  }
  if (stat.size > MAX_BYTES) return { info, entries: [], note: `it has more than ${MAX_BYTES} bytes` };
  const bytes = await reader.readWhole(path, { signal });
  try {
    return { info, entries: kind.holds === "pack" ? packEntries(bytes, path) : [entryOf(bytes, 0, path)] };
  } catch {
    return { info, entries: [], note: "it is no plain JSON: encoded by a codec, or damaged (see verify)" };
  }
}

/** Describes an object by its path and its listing. */
export function infoOf({ path, size, lastModified, contentType }: ObjectInfo): InspectedObject {
  const { role, directory, expires } = roleOf(path);
  return {
    path,
    size,
    kind: role === "payload" || role === "unknown" ? objectKind(path).holds : role,
    scope: directory,
    ...(lastModified !== undefined && { lastModified: lastModified.toISOString() }),
    ...(expires !== undefined && { expires: new Date(expires).toISOString() }),
    ...(contentType !== undefined && { contentType }),
  };
}

function packEntries(bytes: Uint8Array, path: string): ObjectEntry[] {
  const entries: ObjectEntry[] = [];
  for (let offset = 0; offset < bytes.byteLength;) {
    const found = bytes.indexOf(NEWLINE, offset);
    const end = found === -1 ? bytes.byteLength : found;
    entries.push(entryOf(bytes.subarray(offset, end), offset, path));
    offset = end + 1;
  }
  return entries;
}

function entryOf(bytes: Uint8Array, offset: number, path: string): ObjectEntry {
  const { contentType, schema, data } = parseStoredObject(Buffer.from(bytes).toString(), path);
  const references = [...referencesIn(data)];
  return { offset, size: bytes.byteLength, contentType, ...(schema !== undefined && { schema }), references };
}
