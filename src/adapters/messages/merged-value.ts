import { setOwn, type Container } from "../../json/container.js";
import { isObject, isPlainObject } from "../../json/is-object.js";
import { StorageError } from "../../errors/error.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { escapeKey, unescapeKey } from "../../reference/escape.js";
import { findReferences, pathOf, type Spot } from "../../reference/find-references.js";
import { isSpoiltReference, referenceGrammar } from "../../reference/grammar.js";
import { isReference } from "../../reference/references-in.js";
import { besideBody, envelopeOf, isPackedValue } from "./envelope.js";
import { isMessage, packed, type Packing } from "./pack-value.js";

/*
 * Engines merge values and pick parts of them without us: a packed result stands in a packed input, in an array, beside keys that
 * were added; a reference stands alone. Whatever arrives is made one ticket, which is hydrated at once: data outside of envelopes
 * is escaped, as all is inside of them, and so are the references that are not followed.
 */

/** A value that was opened, and the references in it that were not followed: what may be handed on. */
export interface Merged {
  readonly value: unknown;
  readonly handedOn: ReadonlySet<string>;
}

/** A container whose copy is to be filled. */
interface Task {
  readonly input: Container;
  readonly output: Container;
  readonly spot: Spot | undefined;
  readonly isPacked: boolean;
  readonly follows: Follows;
}

/** Whether references are followed, or in which keys of an object. */
export type Follows = boolean | ReadonlySet<string>;

const NONE: ReadonlySet<string> = new Set();

/**
 * Opens a value in which packed ones may stand anywhere. One without any is given back itself, without I/O.
 *
 * @param follows default all; a whole object that left is followed where keys of it are, or where others stand beside it
 * @throws {StorageError} as `openValue` does; `DECODE_FAILED` for keys that were put beside something that is no object
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
 * Packs a value that holds references which were handed on: they stay what they are. Everything else in it is data.
 *
 * @throws {StorageError} as `packValue` does; `REFERENCE_DENIED` for references, besides those, where some are handed on
 */
export async function packMerged(
  manager: StorageManager,
  value: unknown,
  packing: Packing,
  handedOn: ReadonlySet<string>,
): Promise<unknown> {
  if (!isTouched(value)) return packed(manager, value, packing, false);
  const found = [...findReferences(value, undefined, (object) => isBare(object) || undefined)].map(
    ({ value: reference }) => handedOn.has(nameOf(reference)),
  );
  if (!found.includes(true)) return packed(manager, value, packing, true);
  if (found.includes(false)) throw notHandedOn();
  return packed(manager, value, { ...packing, references: "pass" }, true);
}

function isTouched(value: unknown): boolean {
  return (
    findReferences(value, undefined, (object) => isPackedValue(object) || isBare(object) || undefined).next().done !==
    true
  );
}

/** A reference outside of an envelope. One without a digest proves nothing: whoever can name a path could read it. */
function isBare(value: Readonly<Record<string, unknown>>): boolean {
  return Object.hasOwn(value, "$storageRef") && isReference(value);
}

/** What names a reference, whatever part of it is selected. */
function nameOf({ $storageRef, $storageOffset, $storageDigest }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([$storageRef, $storageOffset, $storageDigest]);
}

/** One ticket of all that stands in a value. */
class MergedTicket {
  readonly root: Record<string, unknown> = {};
  /** Where a body and the keys beside it are to become one, each before what is in it. */
  readonly merges: (Spot | undefined)[] = [];
  readonly handedOn = new Set<string>();
  private readonly tasks: Task[] = [];

  constructor(value: unknown, follows: Follows) {
    this.root["value"] = this.copy(value, undefined, false, follows);
    // With what is added meanwhile: no depth of nesting is too much.
    for (const task of this.tasks) this.fill(task);
  }

  /** The copy of a value: an empty one of a container, to be filled later. */
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
    if (Object.keys(beside).length === 0) return this.copy(ticket, spot, true, follows);
    this.merges.push(spot);
    return {
      body: this.copy(ticket, { parent: spot, key: "body" }, true, true),
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

/** Makes one object of a body and of the keys beside it, which are what holds. */
function mergeAt(root: { value: unknown }, path: readonly (string | number)[]): void {
  let container: unknown = root;
  let key: string | number = "value";
  for (const next of path) {
    container = (container as Record<string | number, unknown>)[key];
    key = next;
  }
  const { body, beside } = (container as Record<string | number, Record<string, unknown>>)[key]!;
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
