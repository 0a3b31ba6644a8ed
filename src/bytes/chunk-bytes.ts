import { bytesOf } from "./bytes.js";

const REPLACEMENT = Buffer.from("\ufffd");
const NOTHING = new Uint8Array(0);

/**
 * Converts the chunks of one stream to bytes. Strings are UTF-8, and form one text. So a character that is cut in two
 * stays whole.
 */
export class ChunkBytes {
  // The first half of a character (a high surrogate) at the end of the last string.
  #half = "";

  /** Returns the bytes of a chunk, not copied; `undefined` for a chunk that is neither bytes nor a string. */
  of(chunk: unknown): Uint8Array | undefined {
    if (typeof chunk === "string") return this.#ofText(chunk);
    const bytes = bytesOf(chunk);
    return bytes === undefined || this.#half === "" ? bytes : Buffer.concat([this.end(), bytes]);
  }

  /** Returns the remaining bytes when the stream has ended. */
  end(): Uint8Array {
    if (this.#half === "") return NOTHING;
    this.#half = "";
    return REPLACEMENT; // as Buffer and TextEncoder write half a character
  }

  #ofText(chunk: string): Uint8Array {
    const text = this.#half + chunk;
    const cut = /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length;
    this.#half = text.slice(cut);
    return Buffer.from(text.slice(0, cut));
  }
}
