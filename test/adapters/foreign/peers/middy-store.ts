import { Readable } from "node:stream";
import { middyStore } from "middy-store";
import { S3Store, type S3ReferenceFormat } from "middy-store-s3";
import type { Store } from "../../../../src/index.js";

// The library over a store: its client of S3 gets a handler of requests in place of a network.

interface HttpRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: unknown;
}

function handlerOf(store: Store) {
  return {
    async handle({ method, path, headers, body }: HttpRequest) {
      const key = decodeURIComponent(path.replace(/^\/(?:b\/)?/, ""));
      if (method === "PUT") {
        await store.write(key, body as string | Uint8Array, { contentType: headers["content-type"]! });
        return { response: { statusCode: 200, headers: {}, body: Readable.from([]) } };
      }
      const { info } = await store.read(key);
      const bytes = Buffer.from(await (await store.read(key)).bytes());
      const type = { "content-type": info.contentType, "content-length": String(info.size) };
      return { response: { statusCode: 200, headers: type, body: Readable.from([bytes]) } };
    },
    metadata: { handlerProtocol: "http/1.1" },
    destroy: () => undefined,
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

/** The middleware of the library, called as middy calls it. */
export function middleware(
  store: Store,
  { format, selector }: { format?: S3ReferenceFormat; selector?: string | undefined } = {},
) {
  const config = {
    region: "eu-central-1",
    credentials: { accessKeyId: "a", secretAccessKey: "s" },
    requestHandler: handlerOf(store) as never,
  };
  const { before, after } = middyStore({
    stores: [new S3Store({ config, bucket: "b", ...(format !== undefined && { format }) })],
    storingOptions: { minSize: 0, ...(selector !== undefined && { selector }) },
  }) as unknown as Record<"before" | "after", (request: object) => Promise<void>>;
  return {
    /** The output that travels. */
    async write(response: unknown): Promise<unknown> {
      const request = { event: {}, context: {}, response, internal: {} };
      await after(request);
      return request.response;
    },
    /** The event that the handler gets. */
    async read(event: unknown): Promise<unknown> {
      const request = { event, context: {}, internal: {} };
      await before(request);
      return request.event;
    },
  };
}
