import { createHash, type Hash } from "node:crypto";
import { crc32 } from "node:zlib";
import { ReflectedCrc } from "./crc.js";

/** Checksums of a body that S3 may send (S3 User Guide, "Checking object integrity"). */
export const CHECKSUM_ALGORITHMS = ["crc32", "sha256", "sha1", "crc32c", "crc64nvme"] as const;

/** The checksum that S3 stores for a body. */
export interface BodyChecksum {
  readonly algorithm: (typeof CHECKSUM_ALGORITHMS)[number];
  /** In Base64. */
  readonly expected: string;
}

interface Running {
  update(bytes: Uint8Array): unknown;
  digest(): Buffer;
}

/** Compares a body with its checksum, chunk by chunk. */
export class RunningChecksum {
  readonly #running: Running;
  readonly #expected: string;

  constructor({ algorithm, expected }: BodyChecksum) {
    this.#running = begin(algorithm);
    this.#expected = expected;
  }

  update(chunk: Uint8Array): void {
    this.#running.update(chunk);
  }

  /** Whether the received bytes are the body. Read it once, at the end. */
  get isRight(): boolean {
    return this.#running.digest().toString("base64") === this.#expected;
  }
}

function begin(algorithm: BodyChecksum["algorithm"]): Running | Hash {
  if (algorithm === "sha256" || algorithm === "sha1") return createHash(algorithm);
  return algorithm === "crc32" ? new Crc32() : new ReflectedCrc(algorithm);
}

class Crc32 implements Running {
  #value = 0;

  update(bytes: Uint8Array): void {
    this.#value = crc32(bytes, this.#value);
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.#value);
    return bytes;
  }
}
