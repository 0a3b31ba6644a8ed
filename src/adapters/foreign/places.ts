import * as z from "zod/mini";
import { allow, path } from "../../configure/fields.js";
import { StorageError } from "../../errors/error.js";
import { formatLocation, type Location } from "../../paths/location.js";
import { pathProblem } from "../../paths/path.js";
import { AllowList } from "../../reference/allow.js";
import { invalidReference, parseLocation } from "../../reference/location.js";
import { isReference } from "../../reference/references-in.js";

/** Options that all formats have. */
export interface ForeignOptions {
  /**
   * Allowed targets of foreign pointers: `scheme://container/prefix`, `scheme://container`, or a path prefix of the
   * manager's store. Default: the targets of the manager's own option `allow`, above all its prefixes. The check
   * comes before any request. The option gives additional access only to this format's reads.
   */
  allow?: readonly string[] | undefined;
  /**
   * Bucket of the manager's store. A pointer into this bucket is read from that store. A pointer into another bucket
   * needs a `RoutingStore`. Writing requires the option if pointers name a bucket, unless `outputPrefix` names it.
   */
  bucket?: string | undefined;
  /** The `prefix` of the manager's `S3Store`, which is a part of the keys in foreign pointers. Default: none. */
  prefix?: string | undefined;
}

/** An object in the terms of another library. */
export interface Pointer {
  /** Scheme of the bucket, default `s3`. */
  readonly scheme?: string | undefined;
  /**
   * Bucket of the object. Absent if the message has none. Then the option `bucket` applies, or else the manager's
   * store.
   */
  readonly bucket?: string | undefined;
  /** Key without escapes. */
  readonly key: string;
}

/** A readable object, with the input for `hydrate`. */
export interface Found {
  readonly reference: { readonly $bubuStorageRef: string; readonly $bubuStorageContentType: string };
  /** Option of `hydrate` that allows only this object. */
  readonly allow?: readonly string[];
  /** Location of the object, as text. */
  readonly at: string;
}

// Names that S3, Azure or Google allow, or servers with looser rules. No container has `(`, `)` or a slash.
const CONTAINER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;

/** Schema of a bucket option. */
export const container = z.string().check(z.regex(CONTAINER, "must be the name of a bucket"));

/** Schemas of {@link ForeignOptions}. */
export const placeFields = { allow: z.optional(allow), bucket: z.optional(container), prefix: z.optional(path) };

type PlaceSettings = { readonly [Name in keyof ForeignOptions]: ForeignOptions[Name] };

/** Translates between foreign pointers and the locations of the manager's store. */
export class Places {
  readonly #allowed: AllowList | undefined;
  readonly #bucket: string | undefined;
  readonly #prefix: string;

  /** @param format name of the format, for errors */
  constructor(
    private readonly format: string,
    { allow: prefixes, bucket, prefix }: PlaceSettings,
  ) {
    this.#allowed = prefixes === undefined ? undefined : new AllowList(prefixes);
    this.#bucket = bucket;
    this.#prefix = prefix === undefined ? "" : `${prefix.replace(/\/$/, "")}/`;
  }

  /**
   * Returns the object of a pointer if access is allowed. No I/O.
   *
   * @throws {StorageError} `INVALID_REFERENCE`, `REFERENCE_DENIED`
   */
  find(pointer: Pointer): Found {
    const { said, own } = this.#locate(pointer);
    if (own === undefined) throw this.#denied();
    const at = formatLocation(own);
    const reference = { $bubuStorageRef: at, $bubuStorageContentType: "application/octet-stream" };
    if (this.#allowed === undefined) return { reference, at };
    if (!this.#allowed.admits(said) && !this.#allowed.admits(own)) throw this.#denied();
    return { reference, at, allow: [at] };
  }

  /** Whether the format itself has an option `allow`. Deletions require it. */
  get areAllowed(): boolean {
    return this.#allowed !== undefined;
  }

  /**
   * Returns the pointer to the object of a ticket.
   *
   * @throws {StorageError} `CONFIG_INVALID` if the bucket is unknown; `UNSUPPORTED` for an encoded object
   */
  pointerTo(ticket: unknown): Pointer {
    if (!isReference(ticket)) throw this.#invalid("the manager has no store to write to");
    const ref = "$storageRef" in ticket ? ticket.$storageRef : ticket.$bubuStorageRef;
    if ("$storageRef" in ticket && (ticket.$storageEncoding !== undefined || ticket.$storageOffset !== undefined)) {
      throw new StorageError(
        "UNSUPPORTED",
        `The format ${this.format} can't be written with codecs: its readers take objects as they are. Use a manager without.`,
        { operation: "pack" },
      );
    }
    const { target, path: below } = parseLocation(ref);
    if (target !== undefined) return { scheme: target.scheme, bucket: target.container, key: below };
    return { bucket: this.#bucket, key: `${this.#prefix}${below}` };
  }

  /** Returns the pointer for a format that names the bucket, which must be one of S3. */
  bucketPointerTo(ticket: unknown): Pointer & { readonly bucket: string } {
    const { scheme = "s3", bucket, key } = this.pointerTo(ticket);
    if (bucket === undefined) throw this.#invalid("bucket: must be said, as the format names it");
    if (scheme !== "s3") throw this.#invalid(`the format names buckets of S3 only, and the store is one of ${scheme}`);
    return { bucket, key };
  }

  #locate({ scheme = "s3", bucket = this.#bucket, key }: Pointer): { said: Location; own: Location | undefined } {
    const problem = pathProblem(key);
    // The check comes before the key is used as a path. A key with a scheme would mean another store.
    if (problem !== undefined) throw invalidReference(`the key in a message of ${this.format} is no path: ${problem}`);
    if (bucket === undefined) return { said: { path: key }, own: this.#ownPath(key) };
    if (!CONTAINER.test(bucket)) throw invalidReference(`the bucket in a message of ${this.format} is no name`);
    const said = { target: { scheme, container: bucket }, path: key };
    return { said, own: scheme === "s3" && bucket === this.#bucket ? this.#ownPath(key) : said };
  }

  #ownPath(key: string): Location | undefined {
    const below = key.startsWith(this.#prefix) ? key.slice(this.#prefix.length) : "";
    return below === "" ? undefined : { path: below };
  }

  #denied(): StorageError {
    return new StorageError(
      "REFERENCE_DENIED",
      `A message of the format ${this.format} points outside of what may be read. If that is meant, list it in its option allow.`,
      { operation: "unpack" },
    );
  }

  #invalid(problem: string): StorageError {
    return new StorageError("CONFIG_INVALID", `The format ${this.format} can't be written: ${problem}.`, {
      operation: "configure",
    });
  }
}
