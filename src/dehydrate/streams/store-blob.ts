import { beginSha256, digestText } from "../../bytes/digest.js";
import type { StoredEntry } from "../../plan/layouts/layout.js";
import type { PlannedEntry } from "../../plan/planned-entry.js";
import type { ObjectWriter } from "../object-writer.js";
import type { PlannedPayload } from "../plan-payload.js";
import { SourceReader } from "./read-source.js";

/**
 * Stores a Blob, of any size, in the memory of its chunks. Unlike a stream it can be read twice: for its digest, and then
 * to its place at once; or more often, where a layer of the store repeats a write.
 */
export async function storeBlob(
  entry: PlannedEntry,
  blob: Blob,
  { layout }: PlannedPayload,
  writer: ObjectWriter,
  signal: AbortSignal,
): Promise<StoredEntry> {
  const hash = beginSha256();
  let size = 0;
  for await (const chunk of chunksOf(new SourceReader(blob, entry.path), signal)) {
    hash.update(chunk);
    size += chunk.byteLength;
  }
  const digest = hash.digest();
  const path = layout.objectPath(entry, digest);
  let reader: SourceReader | undefined;
  let current = signal; // the write may come later, as a step of its own
  const body = {
    [Symbol.asyncIterator]: () => chunksOf((reader = new SourceReader(blob, entry.path)), current),
  };
  const declared = { size, digest: digestText(digest) };
  const write = async (writeSignal: AbortSignal): Promise<void> => {
    current = writeSignal;
    try {
      await writer.write({ path, body, ...declared, contentType: entry.contentType }, writeSignal);
    } catch (error) {
      throw reader?.failure ?? error; // stores wrap it in an error of their own
    }
  };
  await writer.place(write, () => Promise.resolve(), signal);
  return { path, size, digest };
}

async function* chunksOf(reader: SourceReader, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (;;) {
      const chunk = await reader.next(signal);
      if (chunk === undefined) return;
      yield chunk;
    }
  } finally {
    reader.close(signal.reason);
  }
}
