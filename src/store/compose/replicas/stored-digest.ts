import { sha256Digest } from "../../../bytes/digest.js";
import type { CallDetails } from "../../check.js";
import { StorageError } from "../../../errors/error.js";
import type { WriteOptions } from "../../store.js";
import type { HeldBody } from "./held-body.js";
import { withDigest, type DigestOf } from "./known-digest.js";

/** How the digests of written objects are known and kept. */
export interface DigestKeeping {
  /** Returns the digest that the path tells. */
  readonly digestOf: DigestOf;
  /** Whether the digest is kept beside the object, if the path does not tell it. */
  readonly store: boolean;
}

/**
 * Returns the options to write a body with. They hold the digest that its path tells, or the body's own digest among
 * the metadata.
 *
 * @throws {StorageError} `INTEGRITY` for a body whose path tells another digest, since the object could not be read
 *   again
 */
export function withKnownDigest(
  path: string,
  { bytes }: HeldBody,
  options: WriteOptions,
  { digestOf, store }: DigestKeeping,
  details: CallDetails,
): WriteOptions {
  const told = digestTold(path, bytes?.byteLength ?? options.size ?? 0, digestOf, details);
  if (told !== undefined) {
    if (bytes === undefined) return { ...options, digest: options.digest ?? told };
    if (sha256Digest(bytes) === told) return options;
    const message =
      "The body has another digest than its path says. See the option digest, if the path says no digest.";
    throw new StorageError("INTEGRITY", message, details);
  }
  if (!store) return options;
  return { ...options, metadata: withDigest(options.metadata, options.digest ?? (bytes && sha256Digest(bytes))) };
}

/** Returns the digest that the path tells, from {@link DigestOf} before anything is read. */
export function digestTold(path: string, size: number, digestOf: DigestOf, details: CallDetails): string | undefined {
  try {
    return digestOf(path, { path, size });
  } catch (cause) {
    throw new StorageError("UNEXPECTED", "The option digest failed.", { ...details, cause });
  }
}
