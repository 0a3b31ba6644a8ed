import { sha256Digest } from "../../../src/bytes/digest.js";
import type { Version } from "./version.js";

/** What is at a path where contents are immutable: it depends on nothing but the directory of the path. */
export function immutableVersion(path: string): Version {
  const n = groupOf(path);
  return {
    bytes: Buffer.alloc(40 + ((n * 83) % 400), `${n}:`),
    contentType: `text/x-${n}`,
    metadata: { version: `${n}` },
  };
}

/** The digest that an object there must have: tell it to a composition that checks digests. */
export function immutableDigest(path: string): string {
  return sha256Digest(immutableVersion(path).bytes);
}

/** A number of the directory of a path: its objects are copies of each other where contents are immutable. */
export function groupOf(path: string): number {
  const directory = Buffer.from(path.slice(0, path.lastIndexOf("/") + 1));
  return directory.reduce((sum, byte) => sum * 31 + byte, 7) % 9973;
}
