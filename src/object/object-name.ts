import { digestText } from "../bytes/digest.js";
import { uuidv7 } from "uuidv7";

/*
 * What the last segment of an object's path says (wire format):
 *
 * | name                        | holds                                                             |
 * |-----------------------------|-------------------------------------------------------------------|
 * | {sha256 hex}.json           | one StoredObject                                                  |
 * | {sha256 hex}.pack           | several, one a line                                               |
 * | {sha256 hex}.bin            | bytes, of one entry or of several                                 |
 * | {UUID version 7}.part       | a stream until it has its name; .bin where the store can't copy   |
 * | {any of them}.reencrypted   | the same entries, encrypted again, in place of the object         |
 *
 * An object that was encrypted again lies beside the place of the old one: a path that names a digest never changes what
 * it holds, and references say the digest of the old.
 */

export type Extension = "json" | "pack" | "bin";

/** What an object is by its name, which this library gave it; or `other`: a user's own, of which nothing is known. */
export interface ObjectKind {
  /**
   * - `envelope`: one StoredObject, `pack`: several, one a line, `binary`: bytes, of one entry or of several
   * - `leftover`: the temporary object of a stream
   */
  readonly holds: "envelope" | "pack" | "binary" | "leftover" | "other";
  /** The path that references say: its own, or that of the object whose place it took. */
  readonly name: string;
  /** The digest that it must have, where the name says. */
  readonly digest: string | undefined;
  /** Whether all of its entries are encrypted: they took the place of others. */
  readonly isReplacement: boolean;
}

const CONTENT_ADDRESSED = /(?:^|\/)([0-9a-f]{64})\.(?:json|pack|bin)$/;
const STREAM = /(?:^|\/)[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\.(part|bin)$/;
const REPLACEMENT = ".reencrypted";

/** The extension of an object that holds one entry alone. */
export function extensionOf(kind: "json" | "raw" | "binary"): Extension {
  return kind === "binary" ? "bin" : "json";
}

/** The name of an object by its content. */
export function contentName(sha: Buffer, extension: Extension): string {
  return `${sha.toString("hex")}.${extension}`;
}

/** The name of a stream whose content is not known yet, like no other. */
export function streamName(extension: "part" | "bin"): string {
  return `${uuidv7()}.${extension}`;
}

/** When the name of a stream was given, in milliseconds since 1970, for a path that ends in one. */
export function streamTime(path: string): number {
  // The first 48 bits of a UUID of version 7 are the time (RFC 9562, section 5.7).
  const name = path.slice(path.lastIndexOf("/") + 1);
  return parseInt(name.slice(0, 8) + name.slice(9, 13), 16);
}

/** Whether a path says that the object holds bytes as they are. */
export function holdsBytes(path: string): boolean {
  return path.endsWith(".bin");
}

/** Reads the digest from a content-addressed path, as managers write them: `{prefix}/{scope}/{sha256 hex}.json|.pack|.bin`. */
export function contentAddressedDigest(path: string): string | undefined {
  const hex = CONTENT_ADDRESSED.exec(path)?.[1];
  return hex === undefined ? undefined : digestText(Buffer.from(hex, "hex"));
}

/** Whether an object took the place of another. */
export function isReplacement(path: string): boolean {
  return path.endsWith(REPLACEMENT);
}

/** The path of the object whose place one took. */
export function originalPath(path: string): string {
  return path.slice(0, -REPLACEMENT.length);
}

/** Where the entries of an object lie once they were encrypted again. */
export function replacementPath(path: string): string {
  return path + REPLACEMENT;
}

export function objectKind(path: string): ObjectKind {
  const replaced = isReplacement(path);
  const name = replaced ? originalPath(path) : path;
  const digest = contentAddressedDigest(name);
  if (digest === undefined) {
    const stream = STREAM.exec(name)?.[1];
    const holds = stream === undefined ? "other" : stream === "bin" ? "binary" : replaced ? "other" : "leftover";
    return { name, holds, digest: undefined, isReplacement: replaced && holds === "binary" };
  }
  const holds = name.endsWith(".json") ? "envelope" : name.endsWith(".pack") ? "pack" : "binary";
  return { name, holds, digest: replaced ? undefined : digest, isReplacement: replaced };
}
