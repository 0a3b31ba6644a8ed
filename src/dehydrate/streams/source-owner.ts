import { types } from "node:util";
import { hasToJson } from "../../plan/json-value.js";
import type { PayloadPath } from "../../plan/payload-path.js";
import { asPayloadSource, type StreamSource } from "../../plan/source.js";
import { endSource } from "../../store/source.js";
import { SourceReader } from "./read-source.js";

/**
 * Owns the Blobs and streams of the payload of one call, from its first line to its end. If the call fails anywhere,
 * the owner ends them all, whether they were read or not.
 */
export class SourceOwner {
  #sources: Map<StreamSource, SourceReader | undefined> | undefined;
  #isComplete = false;

  /** Records a source. */
  readonly add = (source: StreamSource): void => {
    this.#sources ??= new Map();
    if (!this.#sources.has(source)) this.#sources.set(source, undefined);
  };

  /** Records that the payload has no other sources than those that were added. */
  complete(): void {
    this.#isComplete = true;
  }

  /**
   * Opens a source, once.
   *
   * @param onBytes is called with the number of bytes as they come; if it throws, the source ends
   * @throws {StorageError} as {@link SourceReader} does
   */
  open(source: StreamSource, path: PayloadPath, onBytes?: (bytes: number) => void): SourceReader {
    const reader = new SourceReader(source, path, onBytes);
    this.#sources ??= new Map();
    this.#sources.set(source, reader);
    return reader;
  }

  /** Ends all sources that have not ended. Waits for nothing, and never fails. */
  end(payload: unknown, reason: unknown): void {
    if (!this.#isComplete) findSources(payload).forEach(this.add);
    for (const [source, reader] of this.#sources ?? []) {
      if (reader === undefined) endSource(source, reason);
      else reader.close(reason);
    }
  }
}

// A proxy may return new objects for ever. Payloads that are made of proxies, such as drafts of a state, have fewer.
const MAX_PROXIES = 10_000;

/**
 * Finds the Blobs and streams of a payload that can't be planned, so that they can be closed. It also finds those
 * beyond the place of the error, and those in a `Map` or `Set`, which can't be stored.
 *
 * Each object is looked at once. No getter or `toJSON` runs. Proxies may never end, so only the first 10,000 count.
 */
function findSources(payload: unknown): Set<StreamSource> {
  const found = new Set<StreamSource>();
  const seen = new Set<unknown>();
  const open = [payload];
  let proxies = 0;
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    if (types.isProxy(value) && ++proxies > MAX_PROXIES) continue;
    seen.add(value);
    try {
      const source = asPayloadSource(value);
      if (source === undefined) pushChildren(value, open);
      else if (!(source instanceof Uint8Array)) found.add(source);
    } catch {
      // A proxy threw, or bytes are gone. There is nothing to close in this value.
    }
  }
  return found;
}

function pushChildren(value: object, open: unknown[]): void {
  if (types.isMap(value)) {
    for (const [key, item] of value) open.push(key, item);
  } else if (types.isSet(value)) {
    for (const item of value) open.push(item);
  } else if (Array.isArray(value)) {
    for (const item of value as unknown[]) if (typeof item === "object") open.push(item);
  } else if (!hasToJson(value)) {
    for (const key of Object.keys(value)) open.push(Object.getOwnPropertyDescriptor(value, key)?.value);
  }
}
