import { randomUUID } from "node:crypto";

/** What lies under one key. Its bytes are kept as they came, in pieces. */
export interface StoredObject {
  readonly chunks: readonly Buffer[];
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
  /** Headers that a GET gives back as they came: type, metadata, checksum. */
  readonly headers: Readonly<Record<string, string>>;
}

interface Upload {
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, readonly Buffer[]>;
}

let versions = 0;

/** The objects and the multipart uploads of a server, in memory. A key is `bucket/key`. */
export class Objects {
  readonly #objects = new Map<string, StoredObject>();
  readonly #uploads = new Map<string, Upload>();

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  // The ETag is a number: the digest that S3 gives there would be work of the server, which no client checks.
  put(key: string, chunks: readonly Buffer[], headers: Readonly<Record<string, string>>): StoredObject {
    const size = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    const object = { chunks, size, etag: `"${++versions}"`, lastModified: new Date(), headers };
    this.#objects.set(key, object);
    return object;
  }

  delete(key: string): void {
    this.#objects.delete(key);
  }

  clear(): void {
    this.#objects.clear();
    this.#uploads.clear();
  }

  /** In the order of their keys. */
  list(prefix: string): [key: string, object: StoredObject][] {
    const found = [...this.#objects].filter(([key]) => key.startsWith(prefix));
    return found.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  beginUpload(headers: Readonly<Record<string, string>>): string {
    const id = randomUUID();
    this.#uploads.set(id, { headers, parts: new Map() });
    return id;
  }

  /** @returns the ETag, or undefined when there is no such upload */
  addPart(id: string, part: number, chunks: readonly Buffer[]): string | undefined {
    const upload = this.#uploads.get(id);
    upload?.parts.set(part, chunks);
    return upload && `"${++versions}"`;
  }

  completeUpload(id: string, key: string): StoredObject | undefined {
    const upload = this.#uploads.get(id);
    if (upload === undefined) return undefined;
    this.#uploads.delete(id);
    const parts = [...upload.parts].sort(([a], [b]) => a - b);
    return this.put(
      key,
      parts.flatMap(([, chunks]) => chunks),
      upload.headers,
    );
  }

  abortUpload(id: string): void {
    this.#uploads.delete(id);
  }
}

/** The pieces of `chunks` from `start` up to `end`. */
export function slice(chunks: readonly Buffer[], start: number, end: number): Buffer[] {
  const pieces: Buffer[] = [];
  let offset = 0;
  for (const chunk of chunks) {
    const from = Math.max(start - offset, 0);
    const to = Math.min(end - offset, chunk.byteLength);
    if (from < to) pieces.push(chunk.subarray(from, to));
    offset += chunk.byteLength;
    if (offset >= end) break;
  }
  return pieces;
}
