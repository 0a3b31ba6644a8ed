import type { EncodedEntry, EntryEncoding, PlainContext, StreamEncoding } from "../codecs/entry-encoding.js";
import { locationBelow, directoryOf } from "../paths/location.js";
import type { LayoutOptions } from "../plan/layouts/layout.js";
import type { PlannedEntry } from "../plan/planned-entry.js";
import { parseLocation } from "../reference/location.js";
import { abortable } from "../async/abort.js";
import type { DehydrateSettings } from "../configure/call-schemas.js";

/** Applies the codecs of a manager to the entries of one dehydration. */
export class EntryCodecs {
  private readonly directory: string;

  private constructor(
    private readonly encoding: EntryEncoding,
    private readonly options: LayoutOptions,
  ) {
    this.directory = directoryOf(parseLocation(locationBelow(options.prefix, `${options.scope}/-`)));
  }

  /** `undefined` where entries are stored as they are. @throws what a key provider throws */
  static async prepare(
    { codecs }: DehydrateSettings,
    options: LayoutOptions,
    signal: AbortSignal,
  ): Promise<EntryCodecs | undefined> {
    const encoding = await abortable(codecs.prepare(signal), signal);
    return encoding === undefined ? undefined : new EntryCodecs(encoding, options);
  }

  /** Whether what is stored is this call's alone: the same content never has the same name twice. */
  get encrypts(): boolean {
    return this.encoding.encrypts;
  }

  encode(entry: PlannedEntry, bytes: Uint8Array): EncodedEntry | Promise<EncodedEntry> {
    return this.encoding.encode(bytes, this.contextOf(entry));
  }

  /** @param sample how the stream begins */
  encodeStream(entry: PlannedEntry, sample: Uint8Array): Promise<StreamEncoding> {
    return this.encoding.encodeStream(sample, this.contextOf(entry));
  }

  // What the reference to the entry will say.
  private contextOf({ contentType }: PlannedEntry): PlainContext {
    const { schema, schemaVersion } = this.options;
    return { directory: this.directory, contentType, schema, schemaVersion };
  }
}

/** The media type that the store is told of an object. */
export function storedContentType(contentType: string, encodings: readonly string[] | undefined): string {
  return encodings === undefined || encodings.length === 0 ? contentType : "application/octet-stream";
}
