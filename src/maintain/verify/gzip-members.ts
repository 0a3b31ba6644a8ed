import { inflateRaw } from "node:zlib";
import { StorageError } from "../../errors/error.js";
import { abortable } from "../../async/abort.js";
import { Semaphore } from "../../store/layers/semaphore.js";

/** What `node:zlib` gives with its option `info`. */
interface Inflated {
  readonly engine: { readonly bytesWritten: number };
}

// RFC 1952, section 2.3: a header of 10 bytes, with the flags in the fourth, and more as these say.
const HEADER_SIZE = 10;
const FLAGS_AT = 3;
const FLAGS = { headerChecksum: 2, extra: 4, name: 8, comment: 16 };
// Checksum and size.
const TRAILER_SIZE = 8;

/** Finds where gzip members end, which only who decompresses them finds. One at a time, since they may be bombs. */
export class GzipMembers {
  private readonly turn = new Semaphore(1);

  /** @param maxBytes bytes that one may become */
  constructor(private readonly maxBytes: number) {}

  /**
   * The member that bytes begin with.
   *
   * @throws {StorageError} `DECODE_FAILED`, `BUDGET_EXCEEDED`
   */
  async first(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const release = await this.turn.acquire(signal);
    try {
      const start = headerSize(bytes);
      const size = await abortable(this.deflatedSize(bytes.subarray(start)), signal);
      return bytes.subarray(0, start + size + TRAILER_SIZE);
    } finally {
      release();
    }
  }

  private deflatedSize(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      inflateRaw(bytes, { info: true, maxOutputLength: Math.max(this.maxBytes, 1) } as object, (error, result) => {
        if (error === null) resolve((result as unknown as Inflated).engine.bytesWritten);
        else reject(this.failure(error));
      });
    });
  }

  private failure(cause: NodeJS.ErrnoException): StorageError {
    const details = { operation: "verify", cause };
    if (cause.code === "ERR_BUFFER_TOO_LARGE") {
      const message = `An entry has more than ${this.maxBytes} bytes when it is decoded (maxBytes).`;
      return new StorageError("BUDGET_EXCEEDED", message, details);
    }
    return new StorageError("DECODE_FAILED", "A stored object can't be decoded: it is not what gzip gives.", details);
  }
}

function headerSize(bytes: Uint8Array): number {
  const flags = bytes[FLAGS_AT] ?? 0;
  let size = HEADER_SIZE;
  if (flags & FLAGS.extra) size += 2 + (bytes[size] ?? 0) + 256 * (bytes[size + 1] ?? 0);
  if (flags & FLAGS.name) size = bytes.indexOf(0, size) + 1 || bytes.byteLength;
  if (flags & FLAGS.comment) size = bytes.indexOf(0, size) + 1 || bytes.byteLength;
  return flags & FLAGS.headerChecksum ? size + 2 : size;
}
