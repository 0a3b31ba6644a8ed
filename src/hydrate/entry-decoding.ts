import type { Ending } from "../call/deadline.js";
import type { CodecSet } from "../codecs/codec-set.js";
import type { ParsedReference } from "../reference/reference.js";
import { Semaphore } from "../store/layers/semaphore.js";
import type { HydrationBudget } from "./budget.js";
import { decodeBytes, decodingKey } from "./decode-codecs.js";
import { EntryDecoder } from "./decode-entry.js";

// Most entries grow at most this much when they are decompressed. Entries are decoded side by side if they can grow
// that much within the budget. Other entries, and those that grow more, are decoded one at a time. So the entries
// that one hydration decodes at once take at most twice its budget.
const USUAL_RATIO = 16;
const USUAL_SIZE = 1_048_576;

class Unusual extends Error {}

/** Undoes the codecs of the entries of one hydration, within its budget. */
export class EntryDecoding {
  private readonly unusual = new Semaphore(1);
  // Bytes that the entries decoded side by side may give.
  private sideBySide = 0;

  constructor(
    private readonly codecs: CodecSet,
    private readonly budget: HydrationBudget,
  ) {}

  /**
   * Decodes an entry.
   *
   * @throws {StorageError} `BUDGET_EXCEEDED` as soon as there are more bytes than are left, and as
   *   {@link decodeBytes} does
   */
  async decode(bytes: Uint8Array, reference: ParsedReference, signal: AbortSignal): Promise<Uint8Array> {
    const { codecs, budget } = this;
    const usual = Math.max(USUAL_RATIO * bytes.byteLength, USUAL_SIZE);
    if (this.sideBySide + usual < budget.bytesLeft) {
      this.sideBySide += usual;
      try {
        const limits = { maxBytes: usual, tooLarge: () => new Unusual(), signal };
        return await decodeBytes(bytes, reference, codecs, limits);
      } catch (error) {
        if (!(error instanceof Unusual)) throw error;
      } finally {
        this.sideBySide -= usual;
      }
    }
    const release = await this.unusual.acquire(signal);
    try {
      const limits = { maxBytes: budget.bytesLeft, tooLarge: () => budget.exceededBytes(), signal };
      return await decodeBytes(bytes, reference, codecs, limits);
    } finally {
      release();
    }
  }
}

/** The decoders of one entry. There is one for each encoding that references state for it. */
export class EntryDecoders {
  private readonly plain: EntryDecoder;
  private decoded: Map<string, EntryDecoder> | undefined; // most managers need none for most entries

  constructor(
    private readonly bytes: Uint8Array,
    private readonly decoding: EntryDecoding,
  ) {
    this.plain = new EntryDecoder(bytes);
  }

  /** Returns a decoder. It is a promise only where codecs have to be undone. */
  for(reference: ParsedReference, ending: Ending): EntryDecoder | Promise<EntryDecoder> {
    if (reference.encoding === undefined) return this.plain;
    return this.decoded?.get(decodingKey(reference)) ?? this.decode(reference, ending.signal);
  }

  private async decode(reference: ParsedReference, signal: AbortSignal): Promise<EntryDecoder> {
    const decoder = new EntryDecoder(await this.decoding.decode(this.bytes, reference, signal));
    (this.decoded ??= new Map()).set(decodingKey(reference), decoder);
    return decoder;
  }
}
