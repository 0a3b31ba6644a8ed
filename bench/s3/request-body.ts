import type { IncomingMessage } from "node:http";

/** The body of a request as it was meant, and what came over the wire for it. */
export interface RequestBody {
  readonly chunks: readonly Buffer[];
  readonly wireBytes: number;
}

/** Reads a body whole; undoes the framing that the AWS SDK gives to streams (`aws-chunked`). */
export async function readRequestBody(request: IncomingMessage): Promise<RequestBody> {
  const chunks: Buffer[] = [];
  let wireBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    wireBytes += chunk.byteLength;
  }
  const isFramed = request.headers["x-amz-decoded-content-length"] !== undefined;
  return { chunks: isFramed ? unframe(Buffer.concat(chunks)) : chunks, wireBytes };
}

// Each chunk is its length in hexadecimal, maybe a signature, a line end, the bytes, a line end; then trailers.
function unframe(bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  let offset = 0;
  while (offset < bytes.byteLength) {
    const lineEnd = bytes.indexOf("\r\n", offset);
    const length = Number.parseInt(bytes.toString("latin1", offset, lineEnd), 16);
    if (!(length > 0)) break;
    const start = lineEnd + 2;
    chunks.push(bytes.subarray(start, start + length));
    offset = start + length + 2;
  }
  return chunks;
}
