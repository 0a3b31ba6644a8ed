import { storedObjectSize } from "../object/stored-object.js";
import { locationBelow } from "../location.js";
import { GRAMMARS } from "../reference/grammar.js";
import { writeReference } from "../reference/reference.js";
import { numberSize } from "./json-size.js";
import { schemaTagOf, type Layout, type LayoutOptions, type StoredEntry } from "./layout.js";
import type { PlannedEntry } from "./plan.js";

const SAMPLE_DIGEST = Buffer.alloc(32);

/** Content-addressed objects, `{prefix}/{scope}/{sha256 hex}.json` or `.bin`, and references in coatcheck's own grammar. */
export class NativeLayout implements Layout {
  // All references of a call are equally long but for content type and size.
  private readonly sizes = new Map<string, number>();

  constructor(private readonly options: LayoutOptions) {}

  storedSize(entry: PlannedEntry): number {
    if (entry.kind === "binary") return entry.storedSize;
    return storedObjectSize(entry.kind, entry.storedSize, schemaTagOf(entry, this.options));
  }

  referenceSize(entry: PlannedEntry): number {
    const kind = `${entry.kind} ${entry.contentType}`;
    let size = this.sizes.get(kind);
    if (size === undefined) {
      const sample = { ...entry, slot: {} };
      this.fillSlot(sample, { path: this.objectPath(entry, SAMPLE_DIGEST), size: 0, digest: SAMPLE_DIGEST });
      size = Buffer.byteLength(JSON.stringify(sample.slot)) - numberSize(0);
      this.sizes.set(kind, size);
    }
    return size + numberSize(this.storedSize(entry));
  }

  objectPath(entry: PlannedEntry, digest: Buffer): string {
    const { prefix, scope } = this.options;
    const name = `${digest.toString("hex")}.${entry.kind === "binary" ? "bin" : "json"}`;
    return locationBelow(prefix, `${scope}/${name}`);
  }

  fillSlot(entry: PlannedEntry, stored: StoredEntry): void {
    const content = {
      ref: stored.path,
      contentType: entry.contentType,
      size: stored.size,
      digest: `sha256-${stored.digest.toString("base64url")}`,
      offset: stored.offset,
      schema: this.options.schema,
      schemaVersion: this.options.schemaVersion,
    };
    writeReference(entry.slot, content, GRAMMARS.native);
  }
}
