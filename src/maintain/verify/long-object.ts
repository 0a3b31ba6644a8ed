import { encryptedEntries } from "../../codecs/aes256gcm/encrypted-entries.js";
import { decodeChunks } from "../../hydrate/decode-codecs.js";
import type { VerifySettings } from "./verify-settings.js";
import { StorageError } from "../../errors/error.js";
import { Refusal } from "./report.js";
import type { ObjectBody } from "./object-body.js";
import type { ObjectContents } from "./object-contents.js";
import type { ObjectKind } from "../../object/object-name.js";

const TOO_LARGE = "The entries of an object of more than 16 MiB were not looked at.";

/**
 * Reads an object that is not held in memory. A single encrypted entry is decrypted while it is read. For any other
 * content, only the digest is checked.
 *
 * @param size size of the object in bytes
 * @throws {StorageError} `INTEGRITY`, `DECODE_FAILED`, the error of a key provider; `Refusal`
 */
export async function readLong(
  body: ObjectBody,
  size: number,
  kind: ObjectKind,
  contents: ObjectContents,
  { codecs }: VerifySettings,
  signal: AbortSignal,
): Promise<void> {
  const { holds, isReplacement } = kind;
  if (holds === "other") return;
  const { head } = body;
  if (!isReplacement && !contents.isEncrypted(head)) {
    contents.assertTaken();
    contents.isUnchecked = holds !== "binary";
    return;
  }
  const entry = encryptedEntries(head).next().value!;
  try {
    if (entry.size !== undefined && entry.size !== size)
      throw new Refusal(new StorageError("LIMIT_EXCEEDED", TOO_LARGE, { operation: "verify" }));
    const reference = contents.described(entry);
    const limits = { maxBytes: Infinity, tooLarge: () => new Error("There is always room."), signal };
    const chunks = decodeChunks(body.chunks(), reference, codecs, limits);
    while ((await chunks.next()).done !== true);
    contents.isUnchecked = holds !== "binary";
  } catch (error) {
    contents.leave(error);
  }
}
