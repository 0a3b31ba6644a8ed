import type { ParsedReference } from "../reference/reference.js";
import { leastDecodedSize, entryKey } from "../reference/stored-entry.js";

/** References that a payload passes on: what they will take of the budgets of a hydration at least. */
export class PassedReferences {
  references = 0;
  /** References that are data in this payload, since `references` is "escape". */
  escaped = 0;
  /** Decoded bytes. */
  bytes = 0;
  private parts: Set<string> | undefined;

  add(reference: ParsedReference): void {
    this.references++;
    if (reference.path !== undefined) {
      // An entry is decoded once for all parts of it.
      const key = entryKey(reference);
      if (this.parts?.has(key) === true) return;
      (this.parts ??= new Set()).add(key);
    }
    this.bytes += leastDecodedSize(reference);
  }
}
