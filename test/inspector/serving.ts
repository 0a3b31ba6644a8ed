import { once } from "node:events";
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { inspector } from "../../src/inspector/inspector.js";
import type { InspectorOptions } from "../../src/inspector/inspector-options.js";
import type { StorageManager } from "../../src/manager/storage-manager.js";

/** What was answered. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Told;
}

interface Row {
  readonly path: string;
  readonly outcome: string;
  readonly offset: number;
  readonly size: number;
  readonly at: string;
  readonly reference: object;
  readonly references: readonly Row[];
  readonly data: string;
}

/** All that any answer may say. */
interface Told extends Readonly<Record<"code" | "message" | "path" | "text" | "svg", string>> {
  readonly v: number;
  readonly next?: string;
  readonly size: number;
  readonly complete: boolean;
  readonly confined: boolean;
  readonly report: object;
  readonly object: Row;
  readonly problem: { readonly code: string };
  readonly scopes: readonly Row[];
  readonly objects: readonly Row[];
  readonly entries: readonly Row[];
  readonly references: readonly Row[];
  readonly findings: readonly Row[];
  readonly payloads: readonly Row[];
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An inspector behind a real server, which ends with the test. */
export class Serving {
  cookie = "";

  private constructor(
    readonly port: number,
    readonly token: string,
  ) {}

  static async of(manager: StorageManager, options: InspectorOptions = {}): Promise<Serving> {
    const look = inspector(manager, options);
    const server = createServer(look).listen(0, "127.0.0.1");
    await once(server, "listening");
    open.push(server);
    return new Serving((server.address() as AddressInfo).port, look.token);
  }

  /** The same, of somebody who gave the token. */
  static async entered(manager: StorageManager, options: InspectorOptions = {}): Promise<Serving> {
    const serving = await Serving.of(manager, options);
    serving.cookie = await serving.enter();
    return serving;
  }

  async enter(token = this.token): Promise<string> {
    const { headers } = await this.ask("/api/session", { body: { token } });
    return headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Asks as the page does. A header that is empty is not sent. */
  async ask(path: string, asked: Asked = {}): Promise<Answered> {
    const response = await this.begin(path, asked);
    const chunks: Uint8Array[] = [];
    for await (const chunk of response as AsyncIterable<Uint8Array>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const isJson = /json/.test(response.headers["content-type"] ?? "");
    return {
      status: response.statusCode!,
      headers: response.headers,
      text,
      json: (isJson && text !== "" ? JSON.parse(text) : {}) as Told,
    };
  }

  /** The answer as it begins. */
  async begin(path: string, { method, headers = {}, body }: Asked = {}): Promise<IncomingMessage> {
    const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const all: Record<string, string> = {
      ...(text !== undefined && { origin: this.origin, "content-type": "application/json" }),
      ...(this.cookie !== "" && { cookie: this.cookie }),
      ...headers,
    };
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
    const options = { host: "127.0.0.1", port: this.port, path, headers: sent, agent: false };
    const outgoing = request({ ...options, method: method ?? (text === undefined ? "GET" : "POST") });
    outgoing.on("error", () => undefined);
    outgoing.end(text);
    const [response] = (await once(outgoing, "response")) as [IncomingMessage];
    return response;
  }
}

const open: ReturnType<typeof createServer>[] = [];

afterEach(() => {
  for (const server of open.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});
