import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { ObjectInfo } from "../../store.js";

/** The attributes of an object that the store itself can't keep. */
export interface Attributes {
  contentType?: string | undefined;
  metadata?: Record<string, string> | undefined;
}

/** The folder of the sidecars. No caller can name an object there. */
const RESERVED = "~coatcheck";

/** Sorts after all sidecars, and before all other paths that follow them. */
export const END_OF_RESERVED = `${RESERVED}/\u{10ffff}`;

export function isReserved(path: string): boolean {
  return path === RESERVED || path.startsWith(`${RESERVED}/`);
}

/**
 * Returns the path of an object's sidecar. It contains a hash, since a path that is longer than the object's may be
 * too long. It must not look like a content-addressed path: a FailoverStore would refuse the sidecar as damaged.
 */
export function sidecarPath(path: string): string {
  return `${RESERVED}/${createHash("sha256").update(path).digest("hex")}.beside.json`;
}

/** The version of an object that attributes belong to. No other version may have them. */
const version = z.union([
  z.strictObject({ etag: z.string() }),
  // For a store that gives no etags.
  z.strictObject({ size: z.number(), lastModified: z.number() }),
]);

const schema = z.object({
  format: z.literal(1),
  /** For people who look into the bucket, since the name of the sidecar is a hash. */
  path: z.string(),
  attributes: z.optional(
    z.object({
      of: version,
      contentType: z.optional(z.string()),
      metadata: z.optional(z.record(z.string(), z.string())),
    }),
  ),
  /** The link that the object is, if its body holds this mark. While a link replaces another one, both are there. */
  links: z.optional(z.array(z.object({ mark: z.string(), target: z.string() }))),
});

export type Sidecar = z.output<typeof schema>;
export type VersionTag = z.output<typeof version>;

/**
 * Parses the text of a sidecar.
 *
 * @returns `undefined` if the text is no sidecar
 */
export function parseSidecar(text: string): Sidecar | undefined {
  try {
    const { success, data } = schema.safeParse(JSON.parse(text));
    return success ? data : undefined;
  } catch {
    return undefined;
  }
}

/** Returns what tells this version from others. Returns `undefined` if the store says too little. */
export function versionTag({ etag, size, lastModified }: ObjectInfo): VersionTag | undefined {
  if (etag !== undefined) return { etag };
  return lastModified && { size, lastModified: lastModified.getTime() };
}

/** Returns the attributes in a sidecar, if they belong to this version of the object. */
export function attributesOf(sidecar: Sidecar | undefined, info: ObjectInfo): Attributes | undefined {
  const attributes = sidecar?.attributes;
  if (attributes === undefined) return undefined;
  const { of, ...kept } = attributes;
  const isOf =
    "etag" in of
      ? of.etag === info.etag
      : info.etag === undefined && of.size === info.size && of.lastModified === info.lastModified?.getTime();
  return isOf ? kept : undefined;
}
