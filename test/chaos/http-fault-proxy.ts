import { once } from "node:events";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { s3Error } from "../fixtures/scripted-server.js";

/** What goes wrong with one request, seen as HTTP. */
export type HttpFault =
  /** It is not handed on, and answered with this error of S3. */
  | { readonly kind: "error"; readonly status: number; readonly code: string }
  /** It is done, and the connection closed instead of an answer. */
  | { readonly kind: "lost answer" }
  /** It is delivered twice, and answered once. */
  | { readonly kind: "twice" }
  /** It is answered, and delivered once more some ms later. */
  | { readonly kind: "late"; readonly ms: number }
  /** The connection breaks off in the middle of the answer's body. */
  | { readonly kind: "cut" }
  /** It is answered so many ms later. */
  | { readonly kind: "delay"; readonly ms: number };

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

/** An HTTP server that hands requests on to another one, and answers some of them otherwise. */
export class HttpFaultProxy {
  /** Decides what happens to a request. */
  decide: () => HttpFault | undefined = () => undefined;
  readonly #server: Server;
  /** Requests that are not over. */
  #busy = 0;

  private constructor(private readonly target: string) {
    this.#server = createServer((request, response) => {
      this.#during(() => this.#serve(request, response)).catch(() => response.destroy());
    });
  }

  static async start(target: string): Promise<HttpFaultProxy> {
    const proxy = new HttpFaultProxy(target);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves when nothing is delivered any more. */
  async settled(): Promise<void> {
    while (this.#busy > 0) await delay(2);
  }

  async stop(): Promise<void> {
    const ended = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await ended;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const fault = this.decide();
    if (fault?.kind === "error") {
      const { status, headers = {}, body: text = "" } = s3Error(fault.status, fault.code);
      reply(request, response, { status, headers, body: Buffer.from(text) });
      return;
    }
    if (fault?.kind === "twice") await this.#forward(request, body);
    const answer = await this.#forward(request, body);
    if (fault?.kind === "lost answer") response.destroy();
    else if (fault?.kind === "cut") cut(response, answer);
    else {
      if (fault?.kind === "delay") await delay(fault.ms);
      reply(request, response, answer);
    }
    if (fault?.kind !== "late") return;
    await delay(fault.ms);
    await this.#forward(request, body);
  }

  async #forward({ method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
    const own = { ...headers, "content-length": String(body.byteLength), connection: "close" };
    delete own["transfer-encoding"];
    delete own.expect;
    const sent = httpRequest(new URL(url!, this.target), { method: method!, headers: own, agent: false });
    sent.end(body);
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
    return { status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) };
  }

  async #during(serve: () => Promise<void>): Promise<void> {
    this.#busy++;
    try {
      await serve();
    } finally {
      this.#busy--;
    }
  }
}

function reply({ method }: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
  const own = { ...headers };
  delete own["transfer-encoding"];
  delete own.connection;
  if (method !== "HEAD") own["content-length"] = String(body.byteLength);
  response.writeHead(status, own);
  response.end(method === "HEAD" ? undefined : body);
}

function cut(response: ServerResponse, { status, headers, body }: Answer): void {
  const own = { ...headers, "content-length": String(body.byteLength) };
  delete own["transfer-encoding"];
  response.writeHead(status, own);
  response.write(body.subarray(0, body.byteLength / 2), () => response.destroy());
}
