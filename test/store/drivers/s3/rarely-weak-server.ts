import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { buffer } from "node:stream/consumers";
import type { AddressInfo } from "node:net";
import type { S3Conditions } from "../../../../src/s3.js";

type Condition = keyof S3Conditions;

interface Answer {
  readonly status: number;
  readonly etag?: string | undefined;
  readonly body?: string;
}

/** What was there when the first request with a condition came. */
interface FirstRequest {
  readonly isWeak: boolean;
  readonly etag: string | undefined;
}

/**
 * The part of S3 that a probe of conditions uses, from its reference: objects, and uploads of one part. It honours
 * conditions, but one of them not at every object: all requests that race there succeed, as if the server had looked
 * for each of them before it did one.
 */
export class RarelyWeakServer {
  /** Requests that came. */
  requests = 0;
  readonly #etags = new Map<string, string>();
  /** By condition and path. */
  readonly #first = new Map<string, FirstRequest>();
  readonly #server: Server;

  private constructor(
    private readonly weakness: Condition | undefined,
    private readonly every: number,
  ) {
    this.#server = createServer((request, response) => {
      const answer = async (): Promise<void> => {
        const { status, etag, body = "" } = this.#answer(request, await buffer(request));
        response.writeHead(status, { "content-length": body.length, ...(etag !== undefined && { etag }) });
        response.end(request.method === "HEAD" ? undefined : body);
      };
      void answer();
    });
  }

  /** Starts a server that is weak under a condition at one of `every` objects. */
  static async start(weakness: Condition | undefined, every: number): Promise<RarelyWeakServer> {
    const server = new RarelyWeakServer(weakness, every);
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Paths of the objects that are there. */
  get paths(): string[] {
    return [...this.#etags.keys()];
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  #answer(request: IncomingMessage, body: Uint8Array): Answer {
    this.requests++;
    const { method } = request;
    const { pathname, searchParams } = new URL(request.url!, this.endpoint);
    const path = pathname.split("/").slice(2).join("/");
    if (searchParams.has("uploads")) {
      const id = `<UploadId>${randomUUID()}</UploadId>`;
      return { status: 200, body: `<InitiateMultipartUploadResult>${id}</InitiateMultipartUploadResult>` };
    }
    if (searchParams.has("partNumber")) return { status: 200, etag: '"part"' };
    const upload = searchParams.get("uploadId");
    if (upload !== null && method === "DELETE") return { status: 204 };
    const etag = this.#etags.get(path);
    if (method === "HEAD") return path === "" || etag !== undefined ? { status: 200, etag } : { status: 404 };
    if (method === "GET") return { status: 404, body: "<Error><Code>NoSuchUpload</Code></Error>" };
    if (!this.#holds(path, request)) return { status: 412, body: "<Error><Code>PreconditionFailed</Code></Error>" };
    if (method === "DELETE") {
      this.#etags.delete(path);
      return { status: 204 };
    }
    const hash = createHash("md5")
      .update(body)
      .update(upload ?? "");
    const made = `"${hash.digest("hex")}"`;
    this.#etags.set(path, made);
    const result = `<CompleteMultipartUploadResult><ETag>${made}</ETag></CompleteMultipartUploadResult>`;
    return { status: 200, etag: made, body: upload === null ? "" : result };
  }

  #holds(path: string, { method, headers }: IncomingMessage): boolean {
    const { "if-match": match, "if-none-match": absent } = headers;
    if (match === undefined && absent === undefined) return true;
    const condition = absent !== undefined ? "ifNoneMatch" : method === "DELETE" ? "deleteIfMatch" : "ifMatch";
    const now = this.#etags.get(path);
    const first = this.#firstUnder(condition, path, now);
    const seen = first.isWeak ? first.etag : now;
    return absent === undefined ? seen === match : seen === undefined;
  }

  #firstUnder(condition: Condition, path: string, etag: string | undefined): FirstRequest {
    const key = `${condition} ${path}`;
    const known = this.#first.get(key);
    if (known !== undefined) return known;
    const number = [...this.#first.keys()].filter((other) => other.startsWith(`${condition} `)).length + 1;
    const first = { isWeak: condition === this.weakness && number % this.every === 0, etag };
    this.#first.set(key, first);
    return first;
  }
}
