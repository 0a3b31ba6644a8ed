import { randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { CRC32C } from "@google-cloud/storage";

interface StoredObject {
  name: string;
  bytes: Buffer;
  generation: bigint;
  timeCreated: string;
  contentType?: string;
  metadata?: Record<string, string>;
}

interface Session {
  description: { name: string; contentType?: string; metadata?: Record<string, string> };
  condition: string | null;
  received: Buffer[];
  size: number;
  made?: StoredObject;
}

// A page may hold fewer objects than were asked for.
const MAX_PAGE = 7;

/** What becomes of a request: answered without effect; or its effect, but no answer; or as usual. */
export type Interfered = { status: number; reason?: string } | "lose" | undefined;

/** Decides what becomes of a request, before the server looks at it. */
export type Interference = (request: {
  method: string;
  url: URL;
  range: string | undefined;
}) => Interfered | Promise<Interfered>;

/**
 * The part of Cloud Storage's JSON API that GcsStore uses, from its reference: generations and their conditions, uploads
 * in several requests of which the server may keep less than was sent, copies in several requests, pages. It is ours: what
 * it shows is that the store sends what the reference says, not what Google does.
 */
export class GcsApiServer {
  /** What came: method, path and query, and the range where there is one. */
  readonly requests: string[] = [];
  /** Called with each request and its headers. */
  onHeaders: (request: string, headers: IncomingHttpHeaders) => unknown = () => undefined;
  /** Tried on every request. */
  interfere: Interference = () => undefined;
  /** Bytes that one rewrite request copies. */
  rewriteSize = Infinity;
  /** Bytes of a request of an upload beyond which it keeps none, in multiples of 256 KiB. */
  keeps = Infinity;
  /** A header that answers with content lack. */
  leavesOut: string | undefined;
  /** Whether answers with content have the checksum of something else. */
  wrongChecksum = false;
  /** Whether `ifGenerationMatch` has any effect at an object. */
  honoursConditions: (name: string) => boolean = () => true;
  /** Sessions that were given up. */
  cancelled = 0;
  readonly #server: Server;
  readonly #objects = new Map<string, StoredObject>();
  readonly #sessions = new Map<string, Session>();
  #generation = 1_700_000_000_000_000n;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<GcsApiServer> {
    const server = new GcsApiServer();
    server.#server.listen(0, "127.0.0.1");
    await once(server.#server, "listening");
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The names of all objects. */
  get names(): string[] {
    return [...this.#objects.keys()];
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.endpoint);
    const range = request.headers["content-range"];
    this.requests.push(`${request.method} ${request.url}${range === undefined ? "" : ` ${range}`}`);
    this.onHeaders(this.requests.at(-1)!, request.headers);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      return; // the client closed the connection
    }
    const interference = await this.interfere({ method: request.method!, url, range });
    if (interference === undefined || interference === "lose") {
      if (interference === "lose") response.end = () => response.destroy();
      this.#route(request, response, url, Buffer.concat(chunks));
    } else {
      fail(response, interference.status, interference.reason);
    }
  }

  #route(request: IncomingMessage, response: ServerResponse, url: URL, body: Buffer): void {
    const { method } = request;
    if (url.pathname.startsWith("/upload/")) {
      const uploadType = url.searchParams.get("uploadType");
      if (url.searchParams.has("upload_id")) this.#continue(request, response, url, body);
      else if (uploadType === "multipart") this.#multipart(request, response, url, body);
      else this.#begin(response, url, body);
      return;
    }
    const [, , , , bucket, , name, verb, , , , to] = url.pathname.split("/").map(decodeURIComponent);
    if (bucket !== "bucket") fail(response, 404, "notFound");
    else if (name === undefined) this.#list(response, url);
    else if (verb === "rewriteTo") this.#rewrite(response, url, name, to!);
    else if (method === "DELETE") this.#delete(response, url, name);
    else this.#get(request, response, url, name);
  }

  #multipart(request: IncomingMessage, response: ServerResponse, url: URL, body: Buffer): void {
    const boundary = /boundary=(.*)$/.exec(request.headers["content-type"]!)![1]!;
    const [head, json, ...rest] = splitParts(body, boundary);
    if (head === undefined || json === undefined || rest.length > 0) {
      fail(response, 400, "invalid");
      return;
    }
    const description = JSON.parse(head.toString()) as Session["description"] & { crc32c?: string };
    if (description.crc32c !== undefined && description.crc32c !== checksum(json)) {
      fail(response, 400, "invalid");
      return;
    }
    this.#make(response, description, url.searchParams.get("ifGenerationMatch"), json);
  }

  #begin(response: ServerResponse, url: URL, body: Buffer): void {
    const description = JSON.parse(body.toString()) as Session["description"];
    const condition = url.searchParams.get("ifGenerationMatch");
    if (!url.pathname.includes("/b/bucket/")) {
      fail(response, 404, "notFound");
      return;
    }
    if (!this.#holds(description.name, condition)) {
      fail(response, 412, "conditionNotMet");
      return;
    }
    const id = randomUUID();
    this.#sessions.set(id, { description, condition, received: [], size: 0 });
    response.writeHead(200, { location: `${this.endpoint}${url.pathname}?uploadType=resumable&upload_id=${id}` }).end();
  }

  #continue(request: IncomingMessage, response: ServerResponse, url: URL, body: Buffer): void {
    const session = this.#sessions.get(url.searchParams.get("upload_id")!);
    if (session === undefined) {
      fail(response, 404, "notFound");
      return;
    }
    if (request.method === "DELETE") {
      this.cancelled++;
      this.#sessions.delete(url.searchParams.get("upload_id")!);
      return void response.writeHead(499).end();
    }
    if (session.made !== undefined) {
      send(response, resourceOf(session.made));
      return;
    }
    const [, first, last, total] = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(request.headers["content-range"]!)!;
    if (first !== undefined) {
      if (Number(first) !== session.size) {
        fail(response, 503, "backendError");
        return;
      }
      if (last !== "*" && Number(last) - Number(first) + 1 !== body.byteLength) {
        fail(response, 400, "invalid");
        return;
      }
      const whole = last === "*" || Number(last) + 1 === Number(total);
      if (!whole && body.byteLength % (256 * 1024) !== 0) {
        fail(response, 400, "invalid");
        return;
      }
      const kept = body.subarray(0, this.keeps);
      session.received.push(kept);
      session.size += kept.byteLength;
      if (last === "*") {
        this.#finish(request, response, session);
        return;
      }
    }
    if (session.size === Number(total)) {
      this.#finish(request, response, session);
      return;
    }
    response.writeHead(308, session.size === 0 ? {} : { range: `bytes=0-${session.size - 1}` }).end();
  }

  #finish(request: IncomingMessage, response: ServerResponse, session: Session): void {
    const bytes = Buffer.concat(session.received);
    const hash = request.headers["x-goog-hash"];
    if (hash !== undefined && hash !== `crc32c=${checksum(bytes)}`) {
      fail(response, 400, "invalid");
      return;
    }
    this.#make(response, session.description, session.condition, bytes, session);
  }

  #make(
    response: ServerResponse,
    { name, contentType, metadata }: Session["description"],
    condition: string | null,
    bytes: Buffer,
    session?: Session,
  ): void {
    if (!this.#holds(name, condition)) {
      fail(response, 412, "conditionNotMet");
      return;
    }
    const made = { name, bytes, generation: ++this.#generation, timeCreated: new Date().toISOString() };
    const object: StoredObject = { ...made, ...(contentType && { contentType }), ...(metadata && { metadata }) };
    this.#objects.set(name, object);
    if (session !== undefined) session.made = object;
    send(response, resourceOf(object));
  }

  #holds(name: string, condition: string | null): boolean {
    if (!this.honoursConditions(name)) return true;
    return condition === null || (this.#objects.get(name)?.generation ?? 0n) === BigInt(condition);
  }

  #get(request: IncomingMessage, response: ServerResponse, url: URL, name: string): void {
    const object = this.#objects.get(name);
    if (object === undefined) {
      fail(response, 404, "notFound");
      return;
    }
    if (url.searchParams.get("alt") !== "media") {
      send(response, resourceOf(object));
      return;
    }
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
    const { bytes } = object;
    if (from !== undefined && Number(from) >= bytes.byteLength) {
      fail(response, 416, "requestedRangeNotSatisfiable");
      return;
    }
    const first = Number(from ?? 0);
    const part = bytes.subarray(first, to === undefined || to === "" ? undefined : Number(to) + 1);
    const headers = {
      "x-goog-generation": String(object.generation),
      "x-goog-hash": `crc32c=${checksum(this.wrongChecksum ? Buffer.from("other") : bytes)},md5=x`,
      "content-length": part.byteLength,
      ...(from !== undefined && {
        "content-range": `bytes ${first}-${first + part.byteLength - 1}/${bytes.byteLength}`,
      }),
    };
    const sent = Object.entries(headers).filter(([name]) => name !== this.leavesOut);
    response.writeHead(from === undefined ? 200 : 206, Object.fromEntries(sent)).end(part);
  }

  #delete(response: ServerResponse, url: URL, name: string): void {
    if (!this.#holds(name, url.searchParams.get("ifGenerationMatch"))) {
      fail(response, 412, "conditionNotMet");
      return;
    }
    if (!this.#objects.delete(name)) {
      fail(response, 404, "notFound");
      return;
    }
    response.writeHead(204).end();
  }

  #list(response: ServerResponse, { searchParams }: URL): void {
    const prefix = searchParams.get("prefix") ?? "";
    const from = Buffer.from(searchParams.get("pageToken") ?? searchParams.get("startOffset") ?? "");
    const limit = Math.min(MAX_PAGE, Number(searchParams.get("maxResults")));
    const names = this.names
      .filter((name) => name.startsWith(prefix) && Buffer.compare(Buffer.from(name), from) >= 0)
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const items = names.slice(0, limit).map((name) => resourceOf(this.#objects.get(name)!));
    send(response, {
      ...(items.length > 0 && { items }),
      ...(names.length > limit && { nextPageToken: names[limit] }),
    });
  }

  #rewrite(response: ServerResponse, { searchParams }: URL, from: string, to: string): void {
    const source = this.#objects.get(from);
    if (source === undefined) {
      fail(response, 404, "notFound");
      return;
    }
    const done = Number(searchParams.get("rewriteToken") ?? 0) + this.rewriteSize;
    if (done < source.bytes.byteLength) {
      send(response, { done: false, rewriteToken: String(done) });
      return;
    }
    const resource = { ...source, name: to, generation: ++this.#generation };
    this.#objects.set(to, resource);
    send(response, { done: true, resource: resourceOf(resource) });
  }
}

function splitParts(body: Buffer, boundary: string): Buffer[] {
  const parts: Buffer[] = [];
  const delimiter = Buffer.from(`--${boundary}`);
  let start = body.indexOf(delimiter);
  for (let next = body.indexOf(delimiter, start + 1); next !== -1; next = body.indexOf(delimiter, start + 1)) {
    const part = body.subarray(start + delimiter.byteLength + 2, next - 2);
    parts.push(part.subarray(part.indexOf("\r\n\r\n") + 4));
    start = next;
  }
  return parts;
}

function resourceOf({ bytes, ...rest }: StoredObject): object {
  return { ...rest, generation: String(rest.generation), size: String(bytes.byteLength), crc32c: checksum(bytes) };
}

const checksums = new WeakMap<Buffer, string>();

/** Counts a checksum once for each object: in JavaScript, it takes as long as all the rest of an answer. */
function checksum(bytes: Buffer): string {
  const known = checksums.get(bytes);
  if (known !== undefined) return known;
  const crc32c = new CRC32C();
  crc32c.update(bytes);
  checksums.set(bytes, crc32c.toString());
  return crc32c.toString();
}

function send(response: ServerResponse, json: object): void {
  response.writeHead(200, { "content-type": "application/json; charset=UTF-8" }).end(JSON.stringify(json));
}

function fail(response: ServerResponse, status: number, reason = "other"): void {
  response
    .writeHead(status, { "content-type": "application/json; charset=UTF-8", "x-guploader-uploadid": "UPLOAD-1" })
    .end(
      JSON.stringify({ error: { code: status, message: "said the server", errors: [{ reason, domain: "global" }] } }),
    );
}
