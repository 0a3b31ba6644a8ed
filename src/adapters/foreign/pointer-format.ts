import type { HydrateOptions } from "../../configure/options.js";
import { StorageError } from "../../errors/error.js";
import { isObject } from "../../json/is-object.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import { invalidReference } from "../../reference/location.js";
import type { MessageFormat } from "../messages/message-format.js";
import { textOf } from "../messages/body-form.js";
import { writtenValue, type Wire } from "../messages/wire.js";
import type { Places, Pointer } from "./places.js";

/** A format whose messages lead to one object, which holds the body. */
export interface PointerRules {
  readonly name: string;
  readonly places: Places;
  /** Names of the attributes that its messages have: they are taken away again. */
  readonly attributes: readonly string[];
  readonly detect: (message: Wire) => boolean;
  /** @throws {StorageError} `INVALID_REFERENCE` for what this format does not write */
  readonly pointer: (message: Wire) => Pointer;
  /** Absent: it is read only. */
  readonly write?: (ticket: unknown, message: Wire, size: number) => Wire;
  /** What is stored, where it is not the body. */
  readonly payload?: NonNullable<MessageFormat["payload"]>;
  /** The body, from what is stored. Default: the same bytes. */
  readonly decode?: (stored: Uint8Array, message: Wire, options: HydrateOptions) => Promise<string | Uint8Array>;
  /** Whether an acknowledged message takes its object along. */
  readonly deletes?: boolean | undefined;
}

/** Makes a format of what is its own. */
export function pointerFormat(rules: PointerRules): MessageFormat {
  const { name, places, attributes, detect, pointer, write, decode, payload, deletes = false } = rules;
  if (deletes && !places.areAllowed) {
    throw new StorageError(
      "CONFIG_INVALID",
      `The options of ${name} are not valid. deletes: needs allow, which says where.`,
      {
        operation: "configure",
      },
    );
  }
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
    read: (message) => places.find(pointer(message)).reference,
    open: async (message, manager, options) => {
      const stored = await storedBytes(places, pointer(message), manager, options);
      return decode === undefined ? stored : decode(stored, message, options);
    },
    restore: (message) => without(message, attributes),
    ...(deletes && {
      settle: async (message, manager, options) => {
        await manager.delete(places.find(pointer(message)).at, options);
        return { deleted: 1 };
      },
    }),
    references: (message) => [places.find(pointer(message)).at],
  };
}

/**
 * Reads the object of a pointer, whole.
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

/** A format that is written by others only. */
export function readOnly(name: string): StorageError {
  return new StorageError("CONFIG_INVALID", `The format ${name} can't be written: say it in reads, not as format.`, {
    operation: "configure",
  });
}

/**
 * Refuses a message that has an attribute which says that it was packed already.
 *
 * @throws {StorageError} `INVALID_REFERENCE`
 */
export function assertFree({ attributes }: Wire, names: readonly string[], format: string): void {
  const taken = names.find((name) => attributes.has(name));
  if (taken === undefined) return;
  throw new StorageError(
    "INVALID_REFERENCE",
    `The message can't be packed: it has an attribute ${taken}, by which readers of ${format} know what was packed.`,
    { operation: "pack" },
  );
}

/** A message without some attributes. */
export function without(message: Wire, names: readonly string[]): Wire {
  const attributes = new Map([...message.attributes].filter(([name]) => !names.includes(name)));
  return { ...message, attributes };
}

/** A message with one more attribute. */
export function withAttribute({ attributes }: Wire, name: string, value: string | number): Wire["attributes"] {
  return new Map([...attributes, [name, value]]);
}

/** The text of an attribute. */
export function textAttribute({ attributes }: Wire, name: string): string | undefined {
  const value = attributes.get(name);
  if (value === undefined) return undefined;
  const written = writtenValue(value);
  return typeof written === "string" ? written : textOf(written);
}

/** A body as text. */
export function bodyText({ body }: Wire): string {
  return typeof body === "string" ? body : textOf(body);
}

/** A body of the same kind as that of a message: text, or bytes. */
export function bodyLike(text: string, { body }: Wire): string | Uint8Array {
  return typeof body === "string" ? text : Buffer.from(text);
}

/** The value of a JSON body; `undefined` for what is no JSON. */
export function jsonBody(message: Wire): unknown {
  try {
    return JSON.parse(bodyText(message)) as unknown;
  } catch {
    return undefined;
  }
}

/** The text that an object has as its own, under one of some names. */
export function ownText(value: unknown, ...names: readonly string[]): string | undefined {
  if (!isObject(value) || Array.isArray(value)) return undefined;
  const found = names.find((name) => Object.hasOwn(value, name));
  const text = found === undefined ? undefined : value[found];
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** The error of a message that is said to have a pointer, and has none. Its body is not passed on. */
export function noPointer(format: string): StorageError {
  return invalidReference(`a message is said to be one of ${format}, and leads to no object as those do`);
}
