import { isEncryption, type Encryption } from "./aes256gcm/aes256gcm.js";
import { beginsWith } from "../bytes/bytes.js";
import type { Codec, DecodeContext } from "./codec.js";
import { EntryEncoding } from "./entry-encoding.js";

/** The codecs of a manager, in the order in which they are applied. */
export class CodecSet {
  private readonly byName: ReadonlyMap<string, Codec>;
  private readonly encoders: readonly Codec[];
  private readonly required: readonly string[];

  constructor(codecs: readonly Codec[]) {
    this.byName = new Map(codecs.map((codec) => [codec.name, codec]));
    this.encoders = codecs.filter(({ decodeOnly }) => !decodeOnly);
    this.required = codecs.filter(({ required }) => required).map(({ name }) => name);
  }

  /** The codec that encrypts, if there is one. */
  get encryption(): Encryption | undefined {
    return this.encoders.find(isEncryption);
  }

  /** Names of all codecs. */
  get names(): readonly string[] {
    return [...this.byName.keys()];
  }

  /** Names of all codecs that may be applied to an entry. */
  get encodings(): readonly string[] {
    return this.encoders.map(({ name }) => name);
  }

  /** Whether entries are never shared between calls. The same content is never encrypted to the same bytes twice. */
  get encrypts(): boolean {
    return this.encoders.some(({ encrypts }) => encrypts);
  }

  /** Returns whether the last of these encodings is an encryption. */
  endsEncrypted(encodings: readonly string[] | undefined): boolean {
    const last = encodings?.at(-1);
    return last !== undefined && this.byName.get(last)?.encrypts === true;
  }

  /** Whether no codec produces UTF-8 that does not begin with its `magic`. */
  get giveNoText(): boolean {
    return [...this.byName.values()].every(({ magic }) => magic !== undefined);
  }

  /**
   * Returns the compression that produced bytes: the one with the longest `magic` at their beginning. Encrypted bytes
   * can be decoded only by their reference.
   */
  recognise(bytes: Uint8Array): Codec | undefined {
    return [...this.byName.values()]
      .filter(({ encrypts, magic }) => !encrypts && magic !== undefined && beginsWith(bytes, magic))
      .sort((one, other) => other.magic!.byteLength - one.magic!.byteLength)[0];
  }

  /** Returns the encoders for one dehydration, or `undefined` when there are none. */
  async prepare(signal: AbortSignal): Promise<EntryEncoding | undefined> {
    if (this.encoders.length === 0) return undefined;
    const steps = this.encoders.map(async (codec) => ({ name: codec.name, encoder: await codec.prepare(signal) }));
    return new EntryEncoding(await Promise.all(steps), this.encrypts);
  }

  /**
   * Says why an entry with these encodings can't or must not be decoded. Returns `undefined` when it can be decoded.
   */
  problemOf(encodings: readonly string[]): string | undefined {
    if (!this.required.every((name) => encodings.includes(name))) {
      return "it is not encrypted, and this manager takes only what is (see allowUnencrypted)";
    }
    if (!encodings.every((name) => this.byName.has(name))) {
      return "it is encoded by a codec that this manager does not have; see $storageEncoding of its reference";
    }
    if (encodings.length < 2) return undefined;
    // Each codec is applied once. A list of any length would mean endless work.
    return new Set(encodings).size === encodings.length ? undefined : "its $storageEncoding names a codec twice";
  }

  /** Undoes encodings for which {@link CodecSet.problemOf} returned no problem. Undoes the last one first. */
  async decode(bytes: Uint8Array, context: DecodeContext): Promise<Uint8Array> {
    let decoded = bytes;
    for (const [codec, before] of this.stepsOf(context)) {
      decoded = await codec.decode(decoded, stepContext(context, before));
    }
    return decoded;
  }

  /** Does the same for a stream. */
  decodeStream(chunks: AsyncIterable<Uint8Array>, context: DecodeContext): AsyncIterable<Uint8Array> {
    let decoded = chunks;
    for (const [codec, before] of this.stepsOf(context)) {
      decoded = codec.decodeStream(decoded, stepContext(context, before));
    }
    return decoded;
  }

  /** Returns the codecs to undo, each with the names of the codecs that were applied before it. */
  private stepsOf({ encodings }: DecodeContext): (readonly [Codec, readonly string[]])[] {
    return encodings.map((name, index) => [this.byName.get(name)!, encodings.slice(0, index)] as const).reverse();
  }
}

// A compressed stream may be longer than its input, because only its beginning shows whether compression helps. It is
// longer by less than a thousandth.
const LEAST_ALLOWANCE = 1024;

/**
 * Returns the context for one codec to undo. Its output may be a little longer than the limit when more codecs are to
 * be undone after it.
 */
function stepContext(context: DecodeContext, before: readonly string[]): DecodeContext {
  const { maxBytes } = context;
  const allowance = before.length === 0 ? 0 : LEAST_ALLOWANCE + Math.ceil(maxBytes / 1000);
  return { ...context, encodings: before, maxBytes: maxBytes + allowance };
}
