import { ByteReader } from "../byte-reader.js";
import { readHeader, type ParsedHeader } from "./encryption-header.js";
import {
  HEADER_SIZE,
  sealedSegmentSize,
  segmentRoom,
  type SegmentOpener,
  type SegmentSealer,
} from "./streaming-aead.js";

/** Encrypts a stream. Holds one segment in memory. */
export async function* sealed(
  chunks: AsyncIterable<Uint8Array>,
  header: Buffer,
  sealer: SegmentSealer,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new ByteReader(chunks);
  const segment = Buffer.allocUnsafeSlow(segmentRoom(1));
  try {
    yield Buffer.concat([header, sealer.header]);
    for (let index = 0; ; index++) {
      const plaintext = await reader.read(segment.subarray(0, segmentRoom(index)));
      const isLast = await reader.isAtEnd();
      yield sealer.seal(plaintext, isLast);
      if (isLast) return;
    }
  } finally {
    await reader.close();
  }
}

/**
 * Decrypts a stream. Holds one segment in memory, and passes each segment on only after it was authenticated.
 *
 * @param newOpener returns the opener for a message with this header
 */
export async function* opened(
  chunks: AsyncIterable<Uint8Array>,
  newOpener: (header: ParsedHeader, sealedHeader: Uint8Array) => Promise<SegmentOpener>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new ByteReader(chunks);
  try {
    const header = await readHeader(reader);
    const opener = await newOpener(header, await reader.read(Buffer.alloc(HEADER_SIZE)));
    const segment = Buffer.allocUnsafeSlow(sealedSegmentSize(1));
    for (let index = 0; ; index++) {
      const ciphertext = await reader.read(segment.subarray(0, sealedSegmentSize(index)));
      const isLast = await reader.isAtEnd();
      yield opener.open(ciphertext, isLast);
      if (isLast) return;
    }
  } finally {
    await reader.close();
  }
}
