import type { IncomingMessage } from "node:http";

/**
 * Reads the body of a request as text. Returns `undefined` for a body with more than `maxBytes`, and does not read the
 * rest.
 */
export async function bodyWithin(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  if (Number(request.headers["content-length"]) > maxBytes) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
