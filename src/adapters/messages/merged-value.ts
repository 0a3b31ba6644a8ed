import { setOwn, type Container } from "../../json/container.js";
import { isObject, isPlainObject } from "../../json/is-object.js";
import { StorageError } from "../../errors/error.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { escapeKey, unescapeKey } from "../../reference/escape.js";
import { findReferences, pathOf, type Spot } from "../../reference/find-references.js";
import { isSpoiltReference, referenceGrammar } from "../../reference/grammar.js";
import { isReference } from "../../reference/references-in.js";
import { besideBody, envelopeOf, isPackedValue } from "./envelope.js";
import { valueOfText } from "./json-value.js";
import { isMessage, packed, type Packing } from "./pack-value.js";

/*
 * Engines merge values and select parts of them without this library. A packed result may stand in a packed input, in
 * an array, or next to added keys. A reference may stand alone. The incoming value becomes one ticket, which is
 * hydrated in one call. Data outside envelopes is escaped, as data inside them already is. References that are not
 * followed are escaped too.
 */

/** An opened value, and the references in it that were not followed. These references may be handed on. */
export interface Merged {
  readonly value: unknown;
  readonly handedOn: ReadonlySet<string>;
}

/** A container whose copy still has to be filled. */
interface Task {
  readonly input: Container;
  readonly output: Container;
  readonly spot: Spot | undefined;
  readonly isPacked: boolean;
  readonly follows: Follows;
}

/** Whether to follow references, or the keys of an object in which to follow them. */
export type Follows = boolean | ReadonlySet<string>;

const NONE: ReadonlySet<string> = new Set();

/**
 * Opens a value that may contain packed values anywhere. A value without any is returned unchanged, as the same
 * object, without I/O.
 *
 * @param follows default all; an object that left as a whole is followed if some of its keys are, or if keys were
 *   added next to it
 * @throws {StorageError} as `openValue` does; `DECODE_FAILED` if keys were added next to a packed value that is not
 *   an object
 */
export async function openMerged(
  manager: StorageManager,
  value: unknown,
  { follows = true, signal }: { follows?: Follows | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Merged> {
  if (!isTouched(value)) return { value, handedOn: NONE };
  const ticket = new MergedTicket(value, follows);
  const options = { resolvers: false, ...(signal !== undefined && { signal }) };
  const root = { value: await manager.hydrate(ticket.root["value"], options) };
  for (const spot of ticket.merges.reverse()) mergeAt(root, pathOf(spot));
  return { value: root.value, handedOn: ticket.handedOn };
}

/**
 * Packs a value that may hold references to hand on. These references stay references. Everything else in the value
 * is data.
 *
 * @throws {StorageError} as `packValue` does; `REFERENCE_DENIED` for other references next to those that are handed
 *   on
 */
export async function packMerged(
  manager: StorageManager,
  value: unknown,
  packing: Packing,
  handedOn: ReadonlySet<string>,
): Promise<unknown> {
  if (!isTouched(value)) {
    return packed(manager, value, packing, isTouchedJson, (written) => packMerged(manager, written, packing, handedOn));
  }
  const found = [...findReferences(value, undefined, (object) => isBare(object) || undefined)].map(
    ({ value: reference }) => handedOn.has(nameOf(reference)),
  );
  if (!found.includes(true)) return packed(manager, value, packing, () => true);
  if (found.includes(false)) throw notHandedOn();
  return packed(manager, value, { ...packing, references: "pass" }, () => true);
}

/** Says whether {@link openMerged} would follow anything in a value. */
function isTouched(value: unknown): boolean {
  return (
    findReferences(value, undefined, (object) => isPackedValue(object) || isBare(object) || undefined).next().done !==
    true
  );
}

/** Says the same of a small JSON value. Its text rules out most values faster. */
export function isTouchedJson(value: unknown): boolean {
  const text = JSON.stringify(value) as string | undefined;
  return text?.includes('"$storage') === true && isTouched(value);
}

/**
 * Says whether a value is a reference outside an envelope. A reference without a digest is no proof of access, since
 * anyone who can name a path could then read it.
 */
function isBare(value: Readonly<Record<string, unknown>>): boolean {
  return Object.hasOwn(value, "$storageRef") && isReference(value);
}

/** Returns a text that identifies a reference, whatever part of it is selected. */
function nameOf({ $storageRef, $storageOffset, $storageDigest }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([$storageRef, $storageOffset, $storageDigest]);
}

/** Builds one ticket from all packed values and references in a value. */
class MergedTicket {
  readonly root: Record<string, unknown> = {};
  /** Places where a body and the keys next to it must be merged. Each place comes before the places inside it. */
  readonly merges: (Spot | undefined)[] = [];
  readonly handedOn = new Set<string>();
  private readonly tasks: Task[] = [];

  constructor(value: unknown, follows: Follows) {
    this.root["value"] = this.copy(value, undefined, false, follows);
    // The loop also visits tasks that `fill` adds, so any depth of nesting works.
    for (const task of this.tasks) this.fill(task);
  }

  /** Copies a value. A container becomes an empty copy, which is filled later. */
  private copy(value: unknown, spot: Spot | undefined, isPacked: boolean, follows: Follows): unknown {
    if (Array.isArray(value)) return this.begin(value, spot, isPacked, follows);
    if (!isPlainObject(value)) return value;
    if (isPackedValue(value)) return this.unpack(value, spot, follows);
    const isMeant = isPacked ? referenceGrammar(value) !== undefined || isSpoiltReference(value) : isBare(value);
    if (!isMeant) return this.begin(value, spot, isPacked, follows);
    if (follows !== false) return { ...(value as object) };
    this.handedOn.add(nameOf(value));
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [escapeKey(key), field]));
  }

  private unpack(value: Readonly<Record<string, unknown>>, spot: Spot | undefined, follows: Follows): unknown {
    const { head, ticket } = envelopeOf(value);
    if (head.encoding !== undefined) throw isMessage();
    const beside = besideBody(value);
    if (beside === undefined) return this.begin(ticket as Container, spot, true, follows);
    const isAlone = Object.keys(beside).length === 0;
    // JSON with unusual spaces travels as a text. Engines hand it on as a value.
    const isText = head.form === "text";
    if (isAlone && !isText) return this.copy(ticket, spot, true, follows);
    this.merges.push(spot);
    return {
      isText,
      body: this.copy(ticket, { parent: spot, key: "body" }, true, isAlone ? follows : true),
      beside: this.begin(beside, { parent: spot, key: "beside" }, true, follows),
    };
  }

  private begin(input: Container, spot: Spot | undefined, isPacked: boolean, follows: Follows): Container {
    const output: Container = Array.isArray(input) ? [] : {};
    this.tasks.push({ input, output, spot, isPacked, follows });
    return output;
  }

  private fill({ input, output, spot, isPacked, follows }: Task): void {
    if (Array.isArray(input)) {
      const inner = follows !== false;
      for (const [key, item] of input.entries()) {
        (output as unknown[]).push(this.copy(item, { parent: spot, key }, isPacked, inner));
      }
      return;
    }
    for (const key of Object.keys(input)) {
      const own = { parent: spot, key: isPacked ? unescapeKey(key) : key };
      const inner = typeof follows === "boolean" ? follows : follows.has(own.key);
      const copy = this.copy(input[key], own, isPacked, inner);
      setOwn(output as Record<string, unknown>, isPacked ? key : escapeKey(key), copy);
    }
  }
}

/** Merges a body and the keys next to it into one object. The keys next to the body win. */
function mergeAt(root: { value: unknown }, path: readonly (string | number)[]): void {
  let container: unknown = root;
  let key: string | number = "value";
  for (const next of path) {
    container = (container as Record<string | number, unknown>)[key];
    key = next;
  }
  const { body: read, beside, isText } = (container as Record<string | number, Record<string, unknown>>)[key]!;
  const body = isText === true && typeof read === "string" ? valueOfText(read) : read;
  if (Object.keys(beside as object).length === 0) {
    setOwn(container as Record<string, unknown>, String(key), body);
    return;
  }
  if (!isObject(body) || Array.isArray(body) || body instanceof Uint8Array) throw noObject();
  setOwn(container as Record<string, unknown>, String(key), { ...body, ...(beside as object) });
}

function noObject(): StorageError {
  return new StorageError(
    "DECODE_FAILED",
    "The value can't be opened: keys were put beside a packed value that is no object. Put them somewhere else (ResultPath).",
    { operation: "openValue" },
  );
}

function notHandedOn(): StorageError {
  return new StorageError(
    "REFERENCE_DENIED",
    "The result holds a reference that its handler was not given, beside others that it hands on. Return the value itself: " +
      "it is packed.",
    { operation: "packValue" },
  );
}
