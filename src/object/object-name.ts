import { assertArgument } from "../options/argument.js";
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
 * An object that was encrypted again lies beside the place of the old one. The contents under a path with a digest
 * never change, and references hold the digest of the old object.
 */

export type Extension = "json" | "pack" | "bin";

/**
 * The kind of an object, by the name that this library gave it. `other` is a user's own object, about which nothing is
 * known.
 */
export interface ObjectKind {
  /**
   * The contents:
   * - `envelope`: one StoredObject
   * - `pack`: several StoredObjects, one a line
   * - `binary`: bytes, of one entry or of several
   * - `leftover`: the temporary object of a stream
   * - `other`: a user's own object
   */
  readonly holds: "envelope" | "pack" | "binary" | "leftover" | "other";
  /** The path in references: the path of the object itself, or of the object whose place it took. */
  readonly name: string;
  /** The expected digest, where the name says it. */
  readonly digest: string | undefined;
  /** Whether the object took the place of another one. Then all of its entries are encrypted. */
  readonly isReplacement: boolean;
}

const CONTENT_ADDRESSED = /(?:^|\/)([0-9a-f]{64})\.(?:json|pack|bin)$/;
const STREAM = /(?:^|\/)[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\.(part|bin)$/;
const REPLACEMENT = ".reencrypted";

/** Returns the extension of an object that holds a single entry. */
export function extensionOf(kind: "json" | "raw" | "binary"): Extension {
  return kind === "binary" ? "bin" : "json";
}

/** Returns the name of an object by its content. */
export function contentName(sha: Buffer, extension: Extension): string {
  return `${sha.toString("hex")}.${extension}`;
}

/** Returns a unique name for a stream whose content is not known yet. */
export function streamName(extension: "part" | "bin"): string {
  return `${uuidv7()}.${extension}`;
}

/** Returns when the name of a stream was made, in milliseconds since 1970. The path must end in such a name. */
export function streamTime(path: string): number {
  // The first 48 bits of a UUID of version 7 are the time (RFC 9562, section 5.7).
  const name = path.slice(path.lastIndexOf("/") + 1);
  return parseInt(name.slice(0, 8) + name.slice(9, 13), 16);
}

/** Returns whether a path says that the object holds raw bytes. */
export function holdsBytes(path: string): boolean {
  return path.endsWith(".bin");
}

/**
 * Reads the digest from a content-addressed path, as managers write it:
 * `{prefix}/{scope}/{sha256 hex}.json|.pack|.bin`.
 *
 * @throws {StorageError} `CONFIG_INVALID` for a path that is no string
 */
export function contentAddressedDigest(path: string): string | undefined {
  assertArgument(typeof path === "string", "contentAddressedDigest", "path: must be a string");
  const hex = CONTENT_ADDRESSED.exec(path)?.[1];
  return hex === undefined ? undefined : digestText(Buffer.from(hex, "hex"));
}

/** Returns whether an object took the place of another one. */
export function isReplacement(path: string): boolean {
  return path.endsWith(REPLACEMENT);
}

/** Returns the path of the object whose place a replacement took. */
export function originalPath(path: string): string {
  return path.slice(0, -REPLACEMENT.length);
}

/** Returns the path to which the entries of an object move when they are encrypted again. */
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
