import { StorageError } from "../errors/error.js";
import type { Bytes } from "../bytes/bytes.js";
import { isObject } from "../json/is-object.js";
import { parseOptions } from "../options/parse-options.js";
import { isMediaType } from "../reference/fields.js";
import { isFilename } from "../paths/filename.js";
import { filenameOf, withFilename } from "../reference/media-type.js";
import * as z from "zod/mini";
import { asPayloadSource, Binary, sourceContentType, type PayloadSource } from "./source.js";

/**
 * A value that leaves as binary: bytes in every form, a text as UTF-8, a `Blob` or `File`, a stream of bytes or
 * strings.
 */
export type BinaryBody = Bytes | string | Blob | AsyncIterable<Uint8Array | string> | ReadableStream<Uint8Array>;

/** Options of {@link binary}. */
export interface BinaryOptions {
  /** Media type, which becomes `$storageContentType`. Default: the type of a Blob, or `application/octet-stream`. */
  contentType?: string | undefined;
  /** Name of the file, without control characters. Default: the name of a `File`, or none. */
  filename?: string | undefined;
}

/** Checks of the options that describe bytes. */
export const binaryFields = {
  contentType: z.optional(z.string().check(z.refine((text) => isMediaType(text.trim()), "must be a media type"))),
  filename: z.optional(
    z.string().check(z.refine(isFilename, "must be a name: not empty, without control characters or lone surrogates")),
  ),
};
const schema = z.strictObject(binaryFields);

/**
 * Describes bytes or a stream in a payload. They leave as binary, whatever their size, and come back as `Uint8Array`.
 * The method `open` streams them, and `presign` offers the file name.
 *
 * The name travels in the content type as its parameter `name` (RFC 2045), or `name*` (RFC 2231) where it is not
 * ASCII. A `File` gives its own type and name, unless the options give others. They are left out where no reference
 * can carry them. A `File` that is not wrapped keeps its type, but its name does not travel.
 *
 * @throws {StorageError} `CONFIG_INVALID` for an invalid body or media type, and for a content type longer than the
 *   1,024 characters that a reference carries
 *
 * @example
 * await manager.dehydrate({ scan: binary(createReadStream("scan.pdf"), { contentType: "application/pdf", filename: "scan.pdf" }) });
 */
export function binary(body: BinaryBody, options: BinaryOptions = {}): Binary {
  const { contentType, filename } = parseOptions(schema, options, "binary");
  const source = sourceOf(body);
  const type = contentType?.trim() ?? sourceContentType(isObject(body) ? body : source);
  if (filename !== undefined) return new Binary(source, namedType(type, filename));
  const own = filenameOf(type) === undefined ? fileNameOf(body) : undefined;
  return new Binary(source, (own === undefined ? undefined : withFilename(type, own)) ?? type);
}

/** Adds the name of a file to a media type. @throws {StorageError} `CONFIG_INVALID` when no reference can carry it */
export function namedType(type: string, filename: string): string {
  const named = withFilename(type, filename);
  if (named !== undefined) return named;
  throw invalid("filename: can't travel in the content type, whose parameters are not well formed or too long");
}

function sourceOf(body: unknown): PayloadSource {
  if (typeof body === "string") return Buffer.from(body);
  try {
    const source = isObject(body) ? asPayloadSource(body) : undefined;
    if (source !== undefined) return source;
  } catch (cause) {
    throw invalid("body: its memory was transferred to somebody else, so that it has no bytes any more", cause);
  }
  throw invalid("body: must be bytes, a string, a Blob, or a stream or other async iterable of bytes");
}

function fileNameOf(body: unknown): string | undefined {
  if (!(body instanceof Blob) || !("name" in body)) return undefined;
  return isFilename(body.name) ? body.name : undefined;
}

function invalid(problem: string, cause?: unknown): StorageError {
  return new StorageError("CONFIG_INVALID", `The arguments of binary are not valid. ${problem}.`, {
    operation: "configure",
    cause,
  });
}
