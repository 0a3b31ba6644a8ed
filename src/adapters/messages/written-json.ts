import { StorageError } from "../../errors/error.js";
import { StorageManager } from "../../manager/storage-manager.js";

/**
 * Returns the JSON that a client writes for a value. `undefined` if JSON keeps nothing of the value.
 *
 * @throws {StorageError} `UNSERIALIZABLE` that names the place of a cycle, a `BigInt`, or what can't be read
 */
export function writtenJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    new StorageManager({ lossy: "json" }).plan(value); // throws, and names the place
    const message = "The value can't be written as JSON: it is too deep or too long; see the cause.";
    throw new StorageError("UNSERIALIZABLE", message, { operation: "pack", cause });
  }
}
