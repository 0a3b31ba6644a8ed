import { forEachConcurrent } from "../../async/concurrency.js";
import type { HydrateOptions } from "../../configure/options.js";
import { isObject } from "../../json/is-object.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { NEVER } from "../messages/compressed-body.js";
import { cannotOpen } from "../messages/message-error.js";
import type { Wire } from "../messages/wire.js";
import { MAX_BYTES } from "./decompressed.js";
import type { Found, Places, Pointer } from "./places.js";
import { bodyText, jsonBody } from "./pointer-format.js";

// Most pointers in one message, as in a hydration.
const MAX_POINTERS = 10_000;
const AT_A_TIME = 64;

/** A place in a JSON body with a pointer. */
export interface Slot {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The JSON of a body under the key `body`, and the places of its pointers, at any depth. */
export interface Embedded {
  readonly root: { readonly body: unknown };
  readonly slots: readonly Slot[];
}

/**
 * Finds objects with a certain key in a JSON body.
 *
 * @returns `undefined` if there are none; only bodies that contain the key as text are parsed
 */
export function embeddedIn(message: Wire, mark: string): Embedded | undefined {
  if (!bodyText(message).includes(`"${mark}"`)) return undefined;
  const root = { body: jsonBody(message) };
  const slots: Slot[] = [];
  const stack: Record<string, unknown>[] = [root];
  for (let holder = stack.pop(); holder !== undefined; holder = stack.pop()) {
    for (const key of Object.keys(holder)) {
      const value = holder[key];
      if (!isObject(value)) continue;
      if (!Array.isArray(value) && Object.hasOwn(value, mark)) slots.push({ holder, key, value });
      else stack.push(value);
    }
  }
  return slots.length === 0 ? undefined : { root, slots };
}

/**
 * Reads the objects of several pointers within one budget.
 *
 * @param given pointers; for `undefined`, nothing is read
 * @throws {StorageError} before any request `INVALID_REFERENCE`, `REFERENCE_DENIED`, `BUDGET_EXCEEDED`; as `hydrate`
 *   does
 */
export async function readPointers(
  given: readonly (Pointer | undefined)[],
  places: Places,
  manager: StorageManager,
  options: HydrateOptions,
): Promise<(Read | undefined)[]> {
  if (given.length > MAX_POINTERS) {
    throw cannotOpen("BUDGET_EXCEEDED", `it leads to more than ${MAX_POINTERS} objects`);
  }
  const found = given.map((pointer) => (pointer === undefined ? undefined : places.find(pointer)));
  const { maxBytes = MAX_BYTES } = options;
  const read: (Read | undefined)[] = [];
  let left = maxBytes;
  for (let begin = 0; begin < found.length; begin += AT_A_TIME) {
    const part = found.slice(begin, begin + AT_A_TIME);
    const wanted = part.filter((one) => one !== undefined);
    const allow = wanted.flatMap((one) => one.allow ?? []);
    const references = wanted.map(({ reference }) => reference);
    const bytes = (await manager.hydrate(references, {
      ...options,
      maxBytes: left,
      ...(allow.length > 0 && { allow }),
    })) as Uint8Array[];
    for (const one of part) {
      if (one === undefined) {
        read.push(undefined);
        continue;
      }
      const stored = bytes.shift()!;
      left -= stored.byteLength;
      read.push({ ...one, bytes: stored });
    }
  }
  return read;
}

/** An object that was read, with its bytes. */
export interface Read extends Found {
  readonly bytes: Uint8Array;
}

/** Looks up the media types of stored objects, by their locations. */
export async function contentTypes(
  locations: Iterable<string>,
  { store }: StorageManager,
  { signal = NEVER }: HydrateOptions,
): Promise<ReadonlyMap<string, string | undefined>> {
  const types = new Map<string, string | undefined>();
  await forEachConcurrent(new Set(locations).values(), AT_A_TIME, signal, async (at) => {
    types.set(at, (await store?.stat(at, { signal }))?.contentType);
  });
  return types;
}
