import type { ParsedReference } from "../reference/reference.js";
import { leastDecodedSize, entryKey } from "../reference/stored-entry.js";

/** References that a payload passes on, and the least that they take of the budgets of a hydration. */
export class PassedReferences {
  references = 0;
  /** References that are data in this payload, because `references` is "escape". */
  escaped = 0;
  /** Decoded bytes. */
  bytes = 0;
  private parts: Set<string> | undefined;

  add(reference: ParsedReference): void {
    this.references++;
    if (reference.path !== undefined) {
      // An entry is decoded once for all its parts.
      const key = entryKey(reference);
      if (this.parts?.has(key) === true) return;
      (this.parts ??= new Set()).add(key);
    }
    this.bytes += leastDecodedSize(reference);
  }
}
