import { findSources } from "../../plan/find-sources.js";
import type { PayloadPath } from "../../plan/payload-path.js";
import type { StreamSource } from "../../plan/source.js";
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
