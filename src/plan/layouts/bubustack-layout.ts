import { extensionOf } from "../../object/object-name.js";
import { sha256 } from "../../bytes/digest.js";
import { GRAMMARS } from "../../reference/grammar.js";
import { writeReference, type ReferenceContent } from "../../reference/reference.js";
import { MAX_PATH_BYTES } from "../../paths/path.js";
import type { Layout, LayoutOptions, StoredEntry } from "./layout.js";
import type { PayloadPath } from "../payload-path.js";
import type { PlannedEntry } from "../planned-entry.js";

/** Stores each value as an object at `{prefix}/{scope}/{json.path}.json`, with references in BubuStack's grammar. */
export class BubustackLayout implements Layout {
  constructor(private readonly options: LayoutOptions) {}

  referenceSize(entry: PlannedEntry): number {
    const sample = writeReference({}, this.content(entry, this.objectPath(entry)), GRAMMARS.bubustack);
    return Buffer.byteLength(JSON.stringify(sample));
  }

  objectPath(entry: PlannedEntry): string {
    const directory = `${this.options.prefix}/${this.options.directory}/`;
    const extension = `.${extensionOf(entry.kind)}`;
    const name = fileName(entry.path);
    if (Buffer.byteLength(directory + name + extension) <= MAX_PATH_BYTES) {
      return directory + name + extension;
    }
    // Depth never makes a payload fail: a name that is too long is replaced by its digest. No encoded key contains
    // this %, so no key can have the same name.
    return `${directory}%sha256-${sha256(Buffer.from(name)).toString("hex")}${extension}`;
  }

  fillSlot(entry: PlannedEntry, stored: Pick<StoredEntry, "path">): void {
    writeReference(entry.slot, this.content(entry, stored.path), GRAMMARS.bubustack);
  }

  private content({ contentType }: PlannedEntry, path: string): ReferenceContent {
    const { schema, schemaVersion } = this.options;
    return { ref: path, contentType, schema, schemaVersion };
  }
}

function fileName(path: PayloadPath): string {
  return path.length === 0 ? "output" : path.map((part) => encodePart(String(part))).join(".");
}

// A dot in a key would make {"a.b":1} the same object as {"a":{"b":1}}. The other characters can't stand in a path.
function encodePart(part: string): string {
  return part.replace(/[./%\\\p{Cc}\p{Surrogate}]/gu, encodeCharacter);
}

function encodeCharacter(character: string): string {
  // A lone surrogate has no UTF-8 form. The form of JavaScript's escape() keeps two lone surrogates apart.
  if (/\p{Surrogate}/u.test(character)) return `%u${character.charCodeAt(0).toString(16)}`;
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}
