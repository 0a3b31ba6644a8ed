import { contentAddressedDigest } from "../../store/compose/replicas/known-digest.js";
import { isReplacement, originalPath } from "../../hydrate/replaced/replaced-entries.js";

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

// {prefix}/{scope}/{UUID version 7}.part, and .bin where the store can't copy: see store-stream.ts
const STREAM = /(?:^|\/)[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\.(part|bin)$/;

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
