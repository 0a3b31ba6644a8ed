import type { Ending } from "../call/deadline.js";
import type { CodecSet } from "../codecs/codec-set.js";
import type { ParsedReference } from "../reference/reference.js";
import { Semaphore } from "../store/layers/semaphore.js";
import type { HydrationBudget } from "./budget.js";
import { decodeBytes, decodingKey } from "./decode-codecs.js";
import { EntryDecoder } from "./decode-entry.js";

// What most entries become at most, when they are decompressed. As many are decoded side by side as can become that much
// within the budget; the others, and what becomes more, one at a time: all that one hydration decodes at a time is then at
// most twice its budget.
const USUAL_RATIO = 16;
const USUAL_SIZE = 1_048_576;

class Unusual extends Error {}

/** Undoes the codecs of the entries of one hydration, within its budget. */
export class EntryDecoding {
  private readonly unusual = new Semaphore(1);
  // Bytes that may come of what is decoded side by side.
  private sideBySide = 0;

  constructor(
    private readonly codecs: CodecSet,
    private readonly budget: HydrationBudget,
  ) {}

  /** @throws {StorageError} `BUDGET_EXCEEDED` as soon as there is more than what is left, and as {@link decodeBytes} does */
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

/** The decoders of one entry: one for each way in which references say that it is encoded. */
export class EntryDecoders {
  private readonly plain: EntryDecoder;
  private decoded: Map<string, EntryDecoder> | undefined; // most entries of most managers need none

  constructor(
    private readonly bytes: Uint8Array,
    private readonly decoding: EntryDecoding,
  ) {
    this.plain = new EntryDecoder(bytes);
  }

  /** A promise only where codecs have to be undone. */
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
