import * as z from "zod/mini";
import { StorageError } from "../errors/error.js";
import { isObject } from "../json/is-object.js";
import { parseOptions } from "../options/parse-options.js";
import { binaryFields, type BinaryOptions } from "./binary.js";

// Shared by the ESM and the CommonJS build, so that each knows what the other made.
const BRAND = Symbol.for("coatcheck.Stored");

/** An object that lies in the store already. {@link stored} makes it. */
export class Stored {
  constructor(
    /** The object's path in the store. */
    readonly path: string,
    /** The object's media type, if one was given. Otherwise the store's media type counts. */
    readonly contentType: string | undefined,
    /** The name that `presign` offers, if one was given. */
    readonly filename: string | undefined,
  ) {}

  /** Throws, because a caller that does not adopt the object would store something else. */
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

/** Returns whether a value is a {@link Stored}, of either module format. */
export function isStored(value: unknown): value is Stored {
  return isObject(value) && BRAND in value;
}

const schema = z.strictObject(binaryFields);

/**
 * Stands in a payload for an object that lies in the store already. An example is an object that a browser uploaded
 * by a presigned PUT.
 *
 * The object is adopted by `adopt`, or by `dehydrate` with `references: "adopt"`. They read it once, store its bytes
 * as binary of their own scope, and put a reference in its place. Later writes to the path, by the same URL, change
 * nothing. The object at the path stays. Delete it after it was adopted.
 *
 * JSON cannot hold such a value, so no message can ask for an object. Use a path that you chose yourself, and not a
 * path that a client sent.
 *
 * @param path below `outputPrefix`, `inputPrefix` or what `allow` lists; other paths are `REFERENCE_DENIED` when it
 *   is adopted
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
