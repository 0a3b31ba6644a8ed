import { request as httpRequest, type Agent, type ClientRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { onAbort } from "../../../async/on-abort.js";
import type { Chunks } from "../../store.js";

/** One HTTP request. A body of pieces has a known length. A body of chunks does not. */
export interface HttpRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: readonly Uint8Array[] | AsyncIterable<Uint8Array>;
}

/** The settings for sending a request. */
export interface ExchangeOptions {
  agent: Agent;
  /** Milliseconds of silence after which the request fails. */
  timeout: number;
  signal?: AbortSignal | undefined;
}

// The library's own requests can't be aborted, and an upload that is given up keeps its socket for ever. So this
// module sends the requests.

/**
 * Sends a request and resolves with the head of the response. Rejects if the connection breaks or is silent for too
 * long, if the body fails, or if the signal fires. It then closes the connection. After the head, the caller is
 * responsible for the response. This function no longer watches for silence.
 */
export function exchange(request: HttpRequest, { agent, timeout, signal }: ExchangeOptions): Promise<IncomingMessage> {
  const { method, url, body } = request;
  const known = Array.isArray(body) ? (body as readonly Uint8Array[]) : undefined;
  const headers = {
    ...request.headers,
    ...(known !== undefined && { "content-length": String(byteLength(known)) }),
    ...(body === undefined && method !== "GET" && { "content-length": "0" }),
  };
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const sent = send(url, { method, headers, agent, timeout });
    const onTimeout = (): void => void sent.destroy(silence());
    const settled = onAbort(signal, () => void sent.destroy(new Error("aborted")));
    sent.on("timeout", onTimeout);
    sent.once("response", (response) => {
      settled();
      sent.removeListener("timeout", onTimeout);
      sent.setTimeout(0);
      resolve(response);
    });
    sent.on("error", (error) => {
      settled();
      reject(error);
    });
    // If the body fails, the connection is closed before its end. Otherwise the server could take the body as
    // complete.
    const written = writeBody(sent, known ?? body ?? [], timeout);
    written.catch(reject); // first, so that the caller gets the error of the body, not of the connection
    written.catch(() => {
      settled();
      sent.destroy();
    });
  });
}

/** Yields the chunks of a body. Fails if no chunk arrives within `timeout` ms while one is awaited. */
export async function* watchedChunks(response: IncomingMessage, timeout: number): Chunks {
  const chunks = (response as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  const onTimeout = (): void => void response.destroy(silence());
  const { socket } = response;
  // Once the body has ended, the socket belongs to the agent, or to another request already.
  const watch = (ms: number): void => {
    if (!response.readableEnded) socket.setTimeout(ms);
  };
  socket.on("timeout", onTimeout);
  try {
    for (;;) {
      watch(timeout);
      const next = await chunks.next();
      if (next.done === true) return;
      watch(0); // a slow reader is no error, only the server's silence counts
      yield next.value;
    }
  } finally {
    socket.removeListener("timeout", onTimeout);
    response.destroy();
  }
}

function silence(): Error {
  return Object.assign(new Error("The connection was silent for too long."), { code: "ETIMEDOUT" });
}

async function writeBody(
  sent: ClientRequest,
  body: readonly Uint8Array[] | AsyncIterable<Uint8Array>,
  timeout: number,
): Promise<void> {
  if (Array.isArray(body)) {
    for (const piece of body as readonly Uint8Array[]) if (piece.byteLength > 0) sent.write(piece);
    sent.end();
    return;
  }
  for await (const chunk of body) {
    if (sent.destroyed || sent.writableEnded) return;
    if (chunk.byteLength === 0 || sent.write(chunk)) continue;
    sent.setTimeout(timeout);
    await drained(sent);
    sent.setTimeout(0); // a slow source is no error
  }
  sent.setTimeout(timeout);
  sent.end();
}

function drained(sent: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sent.removeListener("drain", done);
      sent.removeListener("close", done);
      resolve();
    };
    sent.once("drain", done);
    sent.once("close", done);
  });
}

function byteLength(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
}
