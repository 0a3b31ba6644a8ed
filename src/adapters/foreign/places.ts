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
   * Where the pointers of others may lead: `scheme://container/prefix`, `scheme://container`, or a path prefix of the
   * manager's store. Default: what the manager may read by its own option `allow`, its prefixes above all. It is looked at
   * before any request, and widens nothing but what this format reads.
   */
  allow?: readonly string[] | undefined;
  /**
   * The bucket of the manager's store. A pointer into it is read from that store; one into another bucket needs a
   * `RoutingStore`. Required to write where the pointer names a bucket, unless `outputPrefix` does.
   */
  bucket?: string | undefined;
  /** The `prefix` of the manager's `S3Store`, which is a part of the keys that others see. Default none. */
  prefix?: string | undefined;
}

/** An object as others name it. */
export interface Pointer {
  /** The scheme that the bucket is of, default `s3`. */
  readonly scheme?: string | undefined;
  /** Absent where the message does not say it: then it is the option `bucket`, or the manager's store. */
  readonly bucket?: string | undefined;
  /** As it is, without escapes. */
  readonly key: string;
}

/** An object that may be read: what `hydrate` takes for it. */
export interface Found {
  readonly reference: { readonly $bubuStorageRef: string; readonly $bubuStorageContentType: string };
  /** Options of `hydrate`: nothing but this object. */
  readonly allow?: readonly string[];
  /** The text of its location. */
  readonly at: string;
}

// Of S3, Azure and Google alike, and of servers that take more than they do. No container has `(`, `)` or a slash.
const CONTAINER = /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/;

/** The option of a bucket. */
export const container = z.string().check(z.regex(CONTAINER, "must be the name of a bucket"));

/** The fields of {@link ForeignOptions}. */
export const placeFields = { allow: z.optional(allow), bucket: z.optional(container), prefix: z.optional(path) };

type PlaceSettings = { readonly [Name in keyof ForeignOptions]: ForeignOptions[Name] };

/** Translates between the pointers of others and the locations of the manager's store. */
export class Places {
  readonly #allowed: AllowList | undefined;
  readonly #bucket: string | undefined;
  readonly #prefix: string;

  /** @param format its name, for errors */
  constructor(
    private readonly format: string,
    { allow: prefixes, bucket, prefix }: PlaceSettings,
  ) {
    this.#allowed = prefixes === undefined ? undefined : new AllowList(prefixes);
    this.#bucket = bucket;
    this.#prefix = prefix === undefined ? "" : `${prefix.replace(/\/$/, "")}/`;
  }

  /**
   * Where a pointer leads, if it may be followed. No I/O.
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

  /** Whether anything is allowed by the format itself: what is deleted has to be. */
  get areAllowed(): boolean {
    return this.#allowed !== undefined;
  }

  /**
   * The pointer to what a ticket leads to.
   *
   * @throws {StorageError} `CONFIG_INVALID` when it is not said in which bucket that is; `UNSUPPORTED` for what is encoded
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

  /** The same, for a format that says the bucket, of S3. */
  bucketPointerTo(ticket: unknown): Pointer & { readonly bucket: string } {
    const { scheme = "s3", bucket, key } = this.pointerTo(ticket);
    if (bucket === undefined) throw this.#invalid("bucket: must be said, as the format names it");
    if (scheme !== "s3") throw this.#invalid(`the format names buckets of S3 only, and the store is one of ${scheme}`);
    return { bucket, key };
  }

  #locate({ scheme = "s3", bucket = this.#bucket, key }: Pointer): { said: Location; own: Location | undefined } {
    const problem = pathProblem(key);
    // Before it is taken for a path: with a scheme in it, it would be read as one of another store.
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
