import * as z from "zod/mini";
import { StorageError } from "../errors/error.js";
import { isObject } from "../json/is-object.js";
import { parseOptions } from "../options/parse-options.js";
import { binaryFields, type BinaryOptions } from "./binary.js";

// Shared by the ESM and the CommonJS build, so that what one makes is known to the other.
const BRAND = Symbol.for("coatcheck.Stored");

/** An object that lies in the store already: made by {@link stored}. */
export class Stored {
  constructor(
    /** Its path in the store. */
    readonly path: string,
    /** Its media type, if that was said; otherwise that of the store. */
    readonly contentType: string | undefined,
    /** The name that `presign` offers, if one was said. */
    readonly filename: string | undefined,
  ) {}

  /** Whoever does not adopt it would store something else. */
  toJSON(): never {
    throw new StorageError(
      "UNSERIALIZABLE",
      'What stored(path) gives becomes a reference by adopt, or by dehydrate with references: "adopt".',
      { operation: "dehydrate", path: this.path },
    );
  }

  static {
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }
}

/** Whether a value is a {@link Stored}, of either module format. */
export function isStored(value: unknown): value is Stored {
  return isObject(value) && BRAND in value;
}

const schema = z.strictObject(binaryFields);

/**
 * Stands in a payload for an object that lies in the store already, such as one that a browser uploaded by a presigned PUT.
 * `adopt`, and `dehydrate` with `references: "adopt"`, read it once, store what they read as binary of their own scope, and
 * put a reference in its place. What is written to the path later, by the same URL, changes nothing. The object at the path
 * stays: delete it when it was adopted.
 *
 * No JSON can hold such a value, so no message can ask for an object. Give a path that you chose yourself, and not one that a
 * client says.
 *
 * @param path below `outputPrefix`, `inputPrefix` or what `allow` lists; other paths are `REFERENCE_DENIED` when it is adopted
 * @param options `contentType`, default that of the object; `filename`, see {@link binary}
 * @throws {StorageError} `CONFIG_INVALID`
 *
 * @example
 * const path = `inputs/uploads/${randomUUID()}`;
 * const url = await manager.presign(path, { method: "PUT", expiresIn: 600 });
 * // and when the browser has put its file there
 * const message = await manager.dehydrate({ photo: stored(path, { filename: "cat.png" }) }, { scope, references: "adopt" });
 */
export function stored(path: string, options: BinaryOptions = {}): Stored {
  if (typeof path !== "string") {
    throw new StorageError("CONFIG_INVALID", "The path of stored must be a string.", { operation: "configure" });
  }
  const { contentType, filename } = parseOptions(schema, options, "stored");
  return new Stored(path, contentType?.trim(), filename);
}
