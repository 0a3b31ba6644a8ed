import { randomBytes } from "node:crypto";
import type { Sidecar } from "./sidecar.js";

/** How many links may follow each other. */
export const MAX_LINK_HOPS = 10;

// A link is a small object with a random mark. Only a sidecar that knows the mark makes the object a link. So a user
// who can write objects, by a presigned URL for instance, can't forge a link to an object without the right to read
// that object.
const HEAD = "coatcheck link ";
const MARK_BYTES = 16;

/** Bytes of an object that is a link. An object of another size is none. */
export const LINK_SIZE = HEAD.length + 2 * MARK_BYTES;

export function newMark(): string {
  return randomBytes(MARK_BYTES).toString("hex");
}

export function linkBody(mark: string): string {
  return HEAD + mark;
}

/** Returns the mark in a body that may be the body of a link. */
export function markIn(body: Uint8Array): string | undefined {
  const text = Buffer.from(body).toString("latin1");
  return text.length === LINK_SIZE && text.startsWith(HEAD) ? text.slice(HEAD.length) : undefined;
}

/** Returns where an object with this mark leads to. */
export function targetOf(sidecar: Sidecar | undefined, mark: string | undefined): string | undefined {
  return sidecar?.links?.find((link) => link.mark === mark)?.target;
}
