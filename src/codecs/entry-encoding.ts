import { types } from "node:util";
import type { EntryContext, EntryEncoder } from "./codec.js";

/** The facts about an entry, except the codecs, which are still to be applied. */
export type PlainContext = Omit<EntryContext, "encodings">;

/** An entry as it is stored, and the names of the codecs that were applied. */
export interface EncodedEntry {
  readonly bytes: Uint8Array;
  readonly encodings: readonly string[];
}

/** A way to store a stream. */
export interface StreamEncoding {
  readonly encodings: readonly string[];
  readonly encode: (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;
}

/** The way of a stream that stays as it is. */
export const UNENCODED: StreamEncoding = { encodings: [], encode: (chunks) => chunks };

interface Step {
  readonly name: string;
  readonly encoder: EntryEncoder;
}

/** The codecs of one dehydration, ready for use. */
export class EntryEncoding {
  constructor(
    private readonly steps: readonly Step[],
    /** Whether the same content is never encoded to the same bytes twice. */
    readonly encrypts: boolean,
  ) {}

  /** Applies the codecs that help, one after the other. Returns a promise only where one of them takes long. */
  encode(bytes: Uint8Array, context: PlainContext): EncodedEntry | Promise<EncodedEntry> {
    return this.encodeFrom(0, { bytes, encodings: [] }, context);
  }

  /** @param sample the beginning of the stream */
  async encodeStream(sample: Uint8Array, context: PlainContext): Promise<StreamEncoding> {
    let encoding = UNENCODED;
    for (const { name, encoder } of this.steps) {
      if (await encoder.gains(sample)) encoding = after(encoding, name, encoder, context);
    }
    return encoding;
  }

  private encodeFrom(index: number, entry: EncodedEntry, context: PlainContext): EncodedEntry | Promise<EncodedEntry> {
    let current = entry;
    for (let next = index; next < this.steps.length; next++) {
      const { name, encoder } = this.steps[next]!;
      const encoded = encoder.encode(current.bytes, { ...context, encodings: current.encodings });
      // This also recognises a promise of another realm. A promise of Node is not an instance of a test runner's
      // Promise.
      if (types.isPromise(encoded)) {
        const before = current;
        return encoded.then((bytes) => this.encodeFrom(next + 1, withStep(before, name, bytes), context));
      }
      current = withStep(current, name, encoded);
    }
    return current;
  }
}

function withStep(entry: EncodedEntry, name: string, bytes: Uint8Array | undefined): EncodedEntry {
  return bytes === undefined ? entry : { bytes, encodings: [...entry.encodings, name] };
}

function after(before: StreamEncoding, name: string, encoder: EntryEncoder, context: PlainContext): StreamEncoding {
  const { encodings } = before;
  return {
    encodings: [...encodings, name],
    encode: (chunks) => encoder.encodeStream(before.encode(chunks), { ...context, encodings }),
  };
}
