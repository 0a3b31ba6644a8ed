import type { EncodedObject } from "../object/stored-object.js";
import { PackBuilder } from "../object/pack-builder.js";
import type { Layout, PackLimits, StoredEntry } from "../plan/layouts/layout.js";
import type { PlannedEntry } from "../plan/planned-entry.js";
import { handOver, withSha256 } from "../store/body.js";
import { storedContentType } from "./encode-entry.js";
import type { NewObject } from "./object-writer.js";
import { sha256, sha256InSteps } from "../bytes/digest.js";

// Bytes from which an object is made in steps.
const LARGE = 1 << 20;

/** An entry in an unfinished pack, whose path is not known yet. */
interface PackedEntry {
  readonly digest: Buffer;
  readonly offset: number;
  readonly size: number;
  readonly encodings: readonly string[];
  /** The entries with this content. */
  readonly sharers: PlannedEntry[];
}

/** Puts entries of one kind into objects. Small entries share an object, and a large entry has an object of its own. */
export class EntryPacker {
  private builder: PackBuilder | undefined;
  private readonly packed = new Map<string, PackedEntry>();
  private readonly stored = new Map<string, StoredEntry>();

  /** @param expectedSize bytes that are expected to share objects */
  constructor(
    private readonly kind: "json" | "binary",
    private readonly layout: Layout,
    private readonly limits: PackLimits | false,
    private readonly expectedSize: number,
  ) {}

  /** Takes an entry if its content was added before, under this key. Returns whether it was. */
  addEqual(entry: PlannedEntry, key: string): boolean {
    const stored = this.stored.get(key);
    const same = this.packed.get(key);
    if (stored !== undefined) this.layout.fillSlot(entry, stored);
    else if (same !== undefined) same.sharers.push(entry);
    return stored !== undefined || same !== undefined;
  }

  /**
   * Takes an entry. Yields the objects that it completes, and `undefined` between steps of work.
   *
   * @param encodings names of the codecs that were applied to the entry
   * @param key identifies equal entries; default their digest
   */
  *add(
    entry: PlannedEntry,
    content: EncodedObject | Uint8Array,
    encodings: readonly string[] = [],
    key?: string,
  ): Generator<NewObject | undefined, void, undefined> {
    const { limits } = this;
    const size = content instanceof Uint8Array ? content.byteLength : content.size;
    if (limits === false || size > limits.maxEntrySize || size >= limits.maxPackSize) {
      if (size > LARGE) yield undefined;
      const bytes = content instanceof Uint8Array ? content : handOver(content.toBuffer());
      if (size > LARGE) yield undefined;
      const digest = yield* sha256InSteps(bytes);
      const stored = yield* this.objectOf([entry], bytes, digest, encodings);
      if (key !== undefined) this.stored.set(key, stored);
      return;
    }
    if (this.builder?.hasRoomFor(size) === false) yield* this.end();
    const builder = (this.builder ??= new PackBuilder(this.kind, limits.maxPackSize, this.expectedSize));
    const offset = builder.add(content);
    if (offset !== undefined) this.refer(builder, { offset, size, encodings, sharers: [entry] }, key);
    else yield* this.add(entry, content, encodings, key);
  }

  /** Finishes the current pack. */
  *end(): Generator<NewObject | undefined, void, undefined> {
    const { builder, packed } = this;
    this.builder = undefined;
    if (builder === undefined || packed.size === 0) return;
    const entries = [...packed];
    packed.clear();
    const [[key, first]] = entries as [[string, PackedEntry]];
    if (entries.length === 1) {
      // The entry shares the object with no other entry.
      const bytes = handOver(builder.slice(first.offset, first.size));
      this.stored.set(key, yield* this.objectOf(first.sharers, bytes, first.digest, first.encodings));
      return;
    }
    const bytes = handOver(builder.bytes);
    if (bytes.byteLength > LARGE) yield undefined;
    const sha = yield* sha256InSteps(bytes);
    const path = this.layout.sharedPath!(this.kind, sha);
    for (const [key, { digest, size, offset, encodings, sharers }] of entries) {
      const stored = { path, size, digest, offset, encodings };
      this.stored.set(key, stored);
      for (const entry of sharers) this.layout.fillSlot(entry, stored);
    }
    const areReadable = this.kind === "json" && entries.every(([, { encodings }]) => encodings.length === 0);
    const contentType = areReadable ? "application/x-ndjson" : "application/octet-stream";
    yield { path, body: withSha256(bytes, sha), size: bytes.byteLength, contentType };
  }

  /** Refers to the entry that was added to the pack last, or to an equal entry. */
  private refer(builder: PackBuilder, added: Omit<PackedEntry, "digest">, ownKey: string | undefined): void {
    const { offset, size, encodings, sharers } = added;
    const digest = sha256(builder.slice(offset, size));
    const key = ownKey ?? digest.toString("latin1");
    if (this.addEqual(sharers[0]!, key)) builder.removeLast(offset);
    else this.packed.set(key, { digest, offset, size, encodings, sharers }); // a spread gives slower objects
  }

  private *objectOf(
    sharers: readonly PlannedEntry[],
    bytes: Uint8Array,
    digest: Buffer,
    encodings: readonly string[],
  ): Generator<NewObject, StoredEntry, undefined> {
    const entry = sharers[0]!;
    const path = this.layout.objectPath(entry, digest);
    const stored = { path, size: bytes.byteLength, digest, encodings };
    for (const sharer of sharers) this.layout.fillSlot(sharer, stored);
    if (this.stored.has(path)) return stored;
    this.stored.set(path, stored);
    // A StoredObject is JSON, even if it holds a text.
    const contentType = storedContentType(this.kind === "binary" ? entry.contentType : "application/json", encodings);
    yield { path, body: withSha256(bytes, digest), size: bytes.byteLength, contentType };
    return stored;
  }
}
