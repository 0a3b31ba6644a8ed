import type { ObjectInfo } from "../../store.js";

/**
 * Returns the digest that an object must have (`sha256-` + base64url of the whole object). Returns `undefined` when
 * it is not known. `info` is what a copy says of itself.
 */
export type DigestOf = (path: string, info: ObjectInfo) => string | undefined;

/** The metadata in which composed stores keep the digest of what they write. Their callers do not see it. */
const DIGEST_METADATA = "coatcheck-digest";

/** The description that a copy gives of an object, apart from the digest that is kept beside it. */
export interface DescribedCopy {
  readonly info: ObjectInfo;
  /** The digest that was stored with the object. */
  readonly stored: string | undefined;
}

export function describeCopy(info: ObjectInfo): DescribedCopy {
  const { metadata, ...others } = info;
  if (metadata?.[DIGEST_METADATA] === undefined) return { info, stored: undefined };
  const { [DIGEST_METADATA]: stored, ...own } = metadata;
  return { info: { ...others, ...(Object.keys(own).length > 0 && { metadata: own }) }, stored };
}

/** Returns the metadata to write, with the digest of the body when it is known. */
export function withDigest(
  metadata: Record<string, string> | undefined,
  digest: string | undefined,
): Record<string, string> | undefined {
  // A caller that gives metadata under this name has read it from a store below. It is the digest of another object.
  const own = Object.entries(metadata ?? {}).filter(([key]) => key !== DIGEST_METADATA);
  if (digest === undefined) return metadata && Object.fromEntries(own);
  return Object.fromEntries([...own, [DIGEST_METADATA, digest]]);
}
