import { digestText } from "../../bytes/digest.js";
import { contentName, extensionOf, type Extension } from "../../object/object-name.js";
import { storedObjectSize } from "../../object/stored-object.js";
import { locationBelow } from "../../paths/location.js";
import { FIELDS } from "../../reference/fields.js";
import { GRAMMARS } from "../../reference/grammar.js";
import { writeReference, type ReferenceContent } from "../../reference/reference.js";
import { numberSize, stringSize } from "../json-size.js";
import { schemaTagOf, type Layout, type LayoutOptions, type StoredEntry } from "./layout.js";
import type { PlannedEntry } from "../planned-entry.js";

const SAMPLE_DIGEST = Buffer.alloc(32);

// Codecs may make an entry longer, by what encryption needs. A compression that makes it longer is not applied. This
// overhead counts once for each entry, and once for each mebibyte of it.
const CODEC_OVERHEAD = 65_536 + 128;

const EMPTY = stringSize("");

function sizeOf(content: ReferenceContent): number {
  const sample = writeReference({}, content, GRAMMARS.native);
  return Buffer.byteLength(JSON.stringify(sample)) - numberSize(0);
}

// Computed once for the whole process. A call with one small payload would use it only once.
const BARE = sizeOf({ ref: "", contentType: "", size: 0, digest: digestText(SAMPLE_DIGEST) }) - EMPTY;

function bareSize(contentType: string): number {
  return BARE + stringSize(contentType);
}

/**
 * Names objects by their content, `{prefix}/{scope}/{sha256 hex}.json`, `.bin` or `.pack`, with references in
 * coatcheck's own grammar.
 */
export class NativeLayout implements Layout {
  // All references of a call have the same length, except for content type, size and offset.
  private readonly sizes = new Map<string, number>();
  private readonly offsetSize: number;

  constructor(private readonly options: LayoutOptions) {
    const { pack } = options;
    this.offsetSize = pack === false ? 0 : `,"${FIELDS.offset.native}":${pack.maxPackSize}`.length;
  }

  referenceSize(entry: PlannedEntry): number {
    const kind = `${entry.kind} ${entry.contentType}`;
    let size = this.sizes.get(kind);
    if (size === undefined) {
      const path = this.objectPath(entry, SAMPLE_DIGEST);
      size = (this.isBare ? bareSize(entry.contentType) : this.sampleSize(entry)) + stringSize(path) - EMPTY;
      this.sizes.set(kind, size);
    }
    return size + this.storedSizeDigits(entry) + (this.mayShareObject(entry) ? this.offsetSize : 0);
  }

  // Returns the bytes of a reference without path and size.
  private sampleSize(entry: PlannedEntry): number {
    const { encodings, signer } = this.options;
    const content = this.content(entry, { path: "", size: 0, digest: SAMPLE_DIGEST, encodings });
    return sizeOf({ ...content, signature: signer?.sample });
  }

  // Whether references carry only the fields that all references have.
  private get isBare(): boolean {
    const { schema, schemaVersion, encodings, signer } = this.options;
    return schema === undefined && schemaVersion === undefined && encodings.length === 0 && signer === undefined;
  }

  objectPath(entry: PlannedEntry, digest: Buffer): string {
    return this.path(digest, extensionOf(entry.kind));
  }

  sharedPath(kind: "json" | "binary", digest: Buffer): string {
    return this.path(digest, kind === "binary" ? "bin" : "pack");
  }

  fillSlot(entry: PlannedEntry, stored: StoredEntry): void {
    const { signer } = this.options;
    const { slot } = entry;
    writeReference(slot, this.content(entry, stored), GRAMMARS.native);
    if (signer !== undefined) slot[FIELDS.signature.native] = signer.sign(slot);
  }

  private path(digest: Buffer, extension: Extension): string {
    const { prefix, directory } = this.options;
    return locationBelow(prefix, `${directory}/${contentName(digest, extension)}`);
  }

  private content(
    { contentType }: PlannedEntry,
    { path, size, digest, offset, encodings }: StoredEntry,
  ): ReferenceContent {
    const { schema, schemaVersion } = this.options;
    const encoding = encodings === undefined || encodings.length === 0 ? undefined : encodings.join(",");
    return { ref: path, contentType, size, digest: digestText(digest), offset, encoding, schema, schemaVersion };
  }

  // The exact size takes effort, and one digit too many does not matter.
  private storedSizeDigits(entry: PlannedEntry): number {
    const { kind, mostStoredSize } = entry;
    const envelope = kind === "binary" ? 0 : storedObjectSize(kind, 0, schemaTagOf(entry, this.options));
    const plainSize = envelope + mostStoredSize;
    if (!this.isEncoded) return numberSize(plainSize);
    return numberSize(plainSize + CODEC_OVERHEAD * (1 + Math.ceil(plainSize / 1_048_576)));
  }

  // A stream may turn out to be small, and so may a compressed entry.
  private mayShareObject({ kind, leastStoredSize }: PlannedEntry): boolean {
    const { pack } = this.options;
    return pack !== false && (kind === "binary" || this.isEncoded || leastStoredSize <= pack.maxEntrySize);
  }

  private get isEncoded(): boolean {
    return this.options.encodings.length > 0;
  }
}
