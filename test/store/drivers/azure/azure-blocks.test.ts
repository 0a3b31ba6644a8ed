import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AzureStore } from "../../../../src/azure.js";
import { failureOf } from "../../../support/failure.js";

// What is staged in blocks of 64 KiB, four at a time: one of them is answered with a failure, all others with nothing.
const BLOCK = 65_536;
const QUEUE = 4;

interface Refusal {
  readonly status: number;
  readonly name: string;
}

/** A server that answers the block of this ordinal with a refusal, once all others that are under way have come. */
async function refusingServer(ordinal: number, refusal: Refusal): Promise<{ url: string; stop(): Promise<void> }> {
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    request.resume();
    held.push(response);
    if (held.length === QUEUE) refuse(held[ordinal]!, refusal);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/account`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function refuse(response: ServerResponse, { status, name }: Refusal): void {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${name}</Code><Message>No.</Message></Error>`;
  response.writeHead(status, { "content-type": "application/xml", "x-ms-error-code": name }).end(body);
}

async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
  for (let index = 0; index < 2 * QUEUE; index++) yield await Promise.resolve(Buffer.alloc(BLOCK, index));
}

/** Gives as many blocks as are staged at a time, and then nothing more. */
async function* hanging(): AsyncGenerator<Uint8Array, void, undefined> {
  for (let index = 0; index < QUEUE; index++) yield await Promise.resolve(Buffer.alloc(BLOCK, index));
  await new Promise(() => undefined);
}

const bodies: Record<string, () => Uint8Array | AsyncIterable<Uint8Array>> = {
  bytes: () => Buffer.alloc(2 * QUEUE * BLOCK, 1),
  "a stream": chunks,
  "a stream that hangs": hanging,
};

const refusals: readonly (Refusal & { readonly code: string })[] = [
  { status: 503, name: "ServerBusy", code: "THROTTLED" },
  { status: 500, name: "InternalError", code: "UNAVAILABLE" },
  { status: 403, name: "AuthorizationFailure", code: "PERMISSION_DENIED" },
];

describe.each(Object.entries(bodies))("of the blocks of %s that are staged at a time", (_, body) => {
  it.each(refusals)("one that is refused by $name makes the write $code", async ({ code, ...refusal }) => {
    for (const ordinal of [0, QUEUE - 1]) {
      const server = await refusingServer(ordinal, refusal);
      const store = new AzureStore({
        container: "box",
        accountUrl: server.url,
        credential: { accountName: "account", accountKey: Buffer.from("the key").toString("base64") },
        blockSize: BLOCK,
        queueSize: QUEUE,
        clientOptions: { retryOptions: { maxTries: 1 } },
      });
      try {
        const error = await failureOf(store.write("a", body()));
        expect(error).toMatchObject({ code, store: "azure", operation: "write", path: "a" });
        expect(error).toHaveProperty("cause.httpStatus", refusal.status);
      } finally {
        await store.close();
        await server.stop();
      }
    }
  });
});
