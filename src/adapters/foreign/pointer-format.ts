import type { HydrateOptions } from "../../configure/options.js";
import { StorageError } from "../../errors/error.js";
import { isObject } from "../../json/is-object.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { invalidOptions } from "../../options/parse-options.js";
import { invalidReference } from "../../reference/location.js";
import { cannotPack } from "../messages/message-error.js";
import type { MessageFormat } from "../messages/message-format.js";
import { jsonIn, textOf } from "../messages/body-form.js";
import { writtenValue, type Wire } from "../messages/wire.js";
import type { Places, Pointer } from "./places.js";

/** Parts of a format whose messages lead to objects. */
export interface PointerRules {
  readonly name: string;
  readonly places: Places;
  /** Attributes of the format's messages, default none. Opening removes them. */
  readonly attributes?: readonly string[];
  readonly detect: (message: Wire) => boolean;
  /**
   * Returns the pointer in a message, or several.
   *
   * @throws {StorageError} `INVALID_REFERENCE` for a message that this format does not write
   */
  readonly pointer: (message: Wire) => Pointer | readonly Pointer[];
  /** Writes a message. Absent if the format is read only. */
  readonly write?: (ticket: unknown, message: Wire, size: number) => Wire;
  /** Returns the stored content, if it is not the body. */
  readonly payload?: NonNullable<MessageFormat["payload"]>;
  /** Decodes the body from the stored bytes. Default: the same bytes. */
  readonly decode?: (stored: Uint8Array, message: Wire, options: HydrateOptions) => Promise<string | Uint8Array>;
  /** Whether an acknowledged message deletes its object. */
  readonly deletes?: boolean | undefined;
}

/** Makes a format from its own parts. Its messages lead to one object with the body, unless it has its own `open`. */
export function pointerFormat(rules: PointerRules): MessageFormat {
  const { name, places, attributes = [], detect, write, decode, payload, deletes = false } = rules;
  if (deletes && !places.areAllowed) throw invalidOptions(name, "deletes: needs allow, which says where");
  const pointers = (message: Wire): readonly Pointer[] => [rules.pointer(message)].flat();
  const first = (message: Wire): Pointer => {
    const [pointer] = pointers(message);
    if (pointer === undefined) throw noPointer(name);
    return pointer;
  };
  return {
    name,
    whole: true,
    detect,
    ...(payload !== undefined && { payload }),
    write: (ticket, message, size) => {
      if (write === undefined) throw readOnly(name);
      assertFree(message, attributes, name);
      return write(ticket, message, size);
    },
    read: (message) => places.find(first(message)).reference,
    open: async (message, manager, options) => {
      const stored = await storedBytes(places, first(message), manager, options);
      return decode === undefined ? stored : decode(stored, message, options);
    },
    restore: (message) => without(message, attributes),
    ...(deletes && {
      settle: async (message, manager, options) => {
        const found = pointers(message).map((pointer) => places.find(pointer));
        for (const { at } of found) await manager.delete(at, options);
        return { deleted: found.length };
      },
    }),
    references: (message) => pointers(message).map((pointer) => places.find(pointer).at),
  };
}

/**
 * Reads the whole object of a pointer.
 *
 * @throws {StorageError} before any request `INVALID_REFERENCE`, `REFERENCE_DENIED`; as `hydrate` does
 */
export async function storedBytes(
  places: Places,
  pointer: Pointer,
  manager: StorageManager,
  options: HydrateOptions,
): Promise<Uint8Array> {
  const { reference, allow } = places.find(pointer);
  return (await manager.hydrate(reference, { ...options, ...(allow !== undefined && { allow }) })) as Uint8Array;
}

function readOnly(name: string): StorageError {
  return new StorageError("CONFIG_INVALID", `The format ${name} can't be written: say it in reads, not as format.`, {
    operation: "configure",
  });
}

/**
 * Refuses a message with an attribute that marks packed messages.
 *
 * @throws {StorageError} `INVALID_REFERENCE`
 */
export function assertFree({ attributes }: Wire, names: readonly string[], format: string): void {
  const taken = names.find((name) => attributes.has(name));
  if (taken === undefined) return;
  const use = `by which readers of ${format} know what was packed`;
  throw cannotPack("INVALID_REFERENCE", `it has an attribute ${taken}, ${use}`);
}

/** Returns a message without some attributes. */
export function without(message: Wire, names: readonly string[]): Wire {
  const attributes = new Map([...message.attributes].filter(([name]) => !names.includes(name)));
  return { ...message, attributes };
}

/** Returns the attributes of a message with one more. */
export function withAttribute({ attributes }: Wire, name: string, value: string | number): Wire["attributes"] {
  return new Map([...attributes, [name, value]]);
}

/** Returns the text of an attribute. */
export function textAttribute({ attributes }: Wire, name: string): string | undefined {
  const value = attributes.get(name);
  if (value === undefined) return undefined;
  const written = writtenValue(value);
  return typeof written === "string" ? written : textOf(written);
}

/** Returns a body as text. */
export function bodyText({ body }: Wire): string {
  return typeof body === "string" ? body : textOf(body);
}

/** Converts a text to the same kind of body as a message has, text or bytes. */
export function bodyLike(text: string, { body }: Wire): string | Uint8Array {
  return typeof body === "string" ? text : Buffer.from(text);
}

/** Parses a JSON body. `undefined` if the body is not JSON. */
export function jsonBody({ body }: Wire): unknown {
  return jsonIn(body);
}

/** Returns the own non-empty text of an object under the first of several names that it has. */
export function ownText(value: unknown, ...names: readonly string[]): string | undefined {
  if (!isObject(value) || Array.isArray(value)) return undefined;
  const found = names.find((name) => Object.hasOwn(value, name));
  const text = found === undefined ? undefined : value[found];
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** Makes the error for a message that should have a pointer but has none. The error does not contain the body. */
export function noPointer(format: string): StorageError {
  return invalidReference(`a message is said to be one of ${format}, and leads to no object as those do`);
}
