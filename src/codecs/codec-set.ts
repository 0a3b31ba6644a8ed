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

  /** The encryption that is applied, if there is one. */
  get encryption(): Encryption | undefined {
    return this.encoders.find(isEncryption);
  }

  /** Names of all. */
  get names(): readonly string[] {
    return [...this.byName.keys()];
  }

  /** Names of those that are applied to an entry at most. */
  get encodings(): readonly string[] {
    return this.encoders.map(({ name }) => name);
  }

  /** Whether entries of one call are nobody else's: the same content is never encrypted to the same bytes twice. */
  get encrypts(): boolean {
    return this.encoders.some(({ encrypts }) => encrypts);
  }

  /** Whether what is stored of an entry with these encodings is what an encryption gave. */
  endsEncrypted(encodings: readonly string[] | undefined): boolean {
    const last = encodings?.at(-1);
    return last !== undefined && this.byName.get(last)?.encrypts === true;
  }

  /** Whether no codec gives UTF-8 that does not begin with its `magic`. */
  get giveNoText(): boolean {
    return [...this.byName.values()].every(({ magic }) => magic !== undefined);
  }

  /** The compression that gave bytes, by the longest `magic` that they begin with. What was encrypted needs its reference. */
  recognise(bytes: Uint8Array): Codec | undefined {
    return [...this.byName.values()]
      .filter(({ encrypts, magic }) => !encrypts && magic !== undefined && beginsWith(bytes, magic))
      .sort((one, other) => other.magic!.byteLength - one.magic!.byteLength)[0];
  }

  /** The encoders for one dehydration; `undefined` when there are none. */
  async prepare(signal: AbortSignal): Promise<EntryEncoding | undefined> {
    if (this.encoders.length === 0) return undefined;
    const steps = this.encoders.map(async (codec) => ({ name: codec.name, encoder: await codec.prepare(signal) }));
    return new EntryEncoding(await Promise.all(steps), this.encrypts);
  }

  /** Says why an entry with these encodings can't be decoded, or must not be; `undefined` when it can. */
  problemOf(encodings: readonly string[]): string | undefined {
    if (!this.required.every((name) => encodings.includes(name))) {
      return "it is not encrypted, and this manager takes only what is (see allowUnencrypted)";
    }
    if (!encodings.every((name) => this.byName.has(name))) {
      return "it is encoded by a codec that this manager does not have; see $storageEncoding of its reference";
    }
    if (encodings.length < 2) return undefined;
    // Each is applied once: a list of any length would be work without end.
    return new Set(encodings).size === encodings.length ? undefined : "its $storageEncoding names a codec twice";
  }

  /** Undoes encodings that {@link CodecSet.problemOf} has nothing against, the last first. */
  async decode(bytes: Uint8Array, context: DecodeContext): Promise<Uint8Array> {
    let decoded = bytes;
    for (const [codec, before] of this.stepsOf(context)) {
      decoded = await codec.decode(decoded, stepContext(context, before));
    }
    return decoded;
  }

  /** The same for a stream. */
  decodeStream(chunks: AsyncIterable<Uint8Array>, context: DecodeContext): AsyncIterable<Uint8Array> {
    let decoded = chunks;
    for (const [codec, before] of this.stepsOf(context)) {
      decoded = codec.decodeStream(decoded, stepContext(context, before));
    }
    return decoded;
  }

  /** The codecs to undo, each with the names of those that were applied before it. */
  private stepsOf({ encodings }: DecodeContext): (readonly [Codec, readonly string[]])[] {
    return encodings.map((name, index) => [this.byName.get(name)!, encodings.slice(0, index)] as const).reverse();
  }
}

// A compressed stream may be longer than it was: only its beginning shows whether it gains. By less than a thousandth.
const LEAST_ALLOWANCE = 1024;

/** What one codec is to undo. What another is still to be applied to may be a little longer than what comes of it. */
function stepContext(context: DecodeContext, before: readonly string[]): DecodeContext {
  const { maxBytes } = context;
  const allowance = before.length === 0 ? 0 : LEAST_ALLOWANCE + Math.ceil(maxBytes / 1000);
  return { ...context, encodings: before, maxBytes: maxBytes + allowance };
}
