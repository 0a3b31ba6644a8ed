import type { IncomingMessage, ServerResponse } from "node:http";
import { assertManager } from "../adapters/messages/engine-fields.js";
import { bodyWithin } from "../bytes/request-body.js";
import type { StorageManager } from "../manager/storage-manager.js";
import { parseOptions } from "../options/parse-options.js";
import { failureOf, guard, Refusal, send, type Answer } from "./answers.js";
import { arrivalOf, assertOwnPage, type Arrival } from "./gate.js";
import { inspectorSchema, type InspectorOptions, type InspectorSettings } from "./inspector-options.js";
import { LiveEvents } from "./live-events.js";
import { PAGE_FILES } from "./page/files.js";
import { ROUTES } from "./routes.js";
import { Sessions } from "./sessions.js";
import { temporalCodec, type TemporalCodec } from "./temporal-codec.js";
import { textField } from "./visit.js";
import { Workload } from "./workload.js";

/** Handler of requests to a server of `node:http` or `node:https`. */
export interface Inspector {
  (request: IncomingMessage, response: ServerResponse): void;
  /** Token that opens the inspector. The page is at `http://127.0.0.1:PORT/#TOKEN`. */
  readonly token: string;
}

/**
 * Makes a page that shows the contents of a manager's store, as a handler for your own server. The page has views of
 * scopes, objects, the entries of a pack, and a payload as a picture. Other views show a dry run of the collector,
 * the store's real behaviour, and live events.
 *
 * By default, the inspector answers only on the loopback interface, and only requests with its token. It only reads,
 * unless `allowDelete` is set. The probes of the doctor are an exception, since they write. The inspector does not
 * show objects that the manager may not read, such as another tenant's objects or objects behind unsigned references.
 * The server must call the handler at its root. If the handler is below a path, `request.url` must come without that
 * path.
 *
 * @param manager the manager whose store is shown; the inspector does not close it
 * @param options see {@link InspectorOptions}
 * @throws {StorageError} `CONFIG_INVALID`; with `temporal`, also the errors of `temporalCodecHandler`
 * @example
 * const look = inspector(manager);
 * createServer(look).listen(7788, "127.0.0.1", () => console.log(`http://127.0.0.1:7788/#${look.token}`));
 */
export function inspector(manager: StorageManager, options: InspectorOptions = {}): Inspector {
  assertManager(manager, "inspector");
  const settings = parseOptions(inspectorSchema, options, "inspector");
  const desk = new Desk(manager, settings);
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    guard(response);
    desk.serve(request, response).catch((error: unknown) => {
      if (response.headersSent) return void response.destroy();
      // The rest of the request body is not read.
      if (!request.complete) response.setHeader("connection", "close");
      send(response, failureOf(error));
    });
  };
  return Object.assign(handle, { token: settings.token });
}

/** Checks requests and sends them to their views. */
class Desk {
  readonly #sessions: Sessions;
  readonly #events: LiveEvents;
  readonly #workload = new Workload();
  readonly #temporal: TemporalCodec | undefined;

  constructor(
    private readonly manager: StorageManager,
    private readonly settings: InspectorSettings,
  ) {
    const { token, clock, temporal, allowDelete } = settings;
    this.#sessions = new Sessions(token, clock);
    this.#events = new LiveEvents(clock);
    if (temporal !== false) {
      this.#temporal = temporalCodec(manager, temporal === true ? {} : temporal, this.#sessions, !allowDelete);
    }
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrival = arrivalOf(request, this.settings.hosts);
    const { path, query } = partsOf(request.url ?? "");
    if (this.#temporal !== undefined && path.startsWith("/temporal/")) {
      return this.#temporal(request, response, path);
    }
    const file = PAGE_FILES.get(path);
    if (file !== undefined) {
      assertMethod(request, "GET", "HEAD");
      send(response, file);
      return;
    }
    if (!path.startsWith("/api/")) throw notFound();
    assertOwnPage(request, arrival);
    if (path === "/api/session") {
      send(response, await this.session(request, arrival));
      return;
    }
    // Without a session, a request does not learn which pages exist.
    if (!this.#sessions.has(request)) {
      throw new Refusal(401, "NO_SESSION", "Open the address with the token that the inspector gave.");
    }
    if (path === "/api/events") {
      assertMethod(request, "GET");
      this.#events.sendTo(response);
      return;
    }
    send(response, await this.view(path, new URLSearchParams(query), request, response));
  }

  private async session(request: IncomingMessage, { isSecure }: Arrival): Promise<Answer> {
    assertMethod(request, "POST", "DELETE");
    if (request.method === "DELETE") {
      return { status: 204, headers: { "set-cookie": this.#sessions.end(request, isSecure) } };
    }
    const token = textField(await jsonOf(request, 4096), "token");
    if (!this.#sessions.isToken(token))
      throw new Refusal(401, "WRONG_TOKEN", "This is not the token of this inspector.");
    return { status: 204, headers: { "set-cookie": this.#sessions.begin(isSecure) } };
  }

  private async view(
    path: string,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<Answer> {
    const { manager, settings } = this;
    if (path === "/api/about") {
      assertMethod(request, "GET", "HEAD");
      return { status: 200, body: { v: 1, store: manager.store?.name, allowDelete: settings.allowDelete } };
    }
    const route = ROUTES.get(path);
    if (route === undefined) throw notFound();
    assertMethod(request, route.method, ...(route.method === "GET" ? ["HEAD"] : []));
    if (route.changes === true && !settings.allowDelete) {
      throw new Refusal(403, "READ_ONLY", "This inspector only reads. Who starts it may allow to delete.");
    }
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    return this.#workload.run(async () => {
      const body = route.method === "POST" ? await jsonOf(request, settings.maxBodyBytes) : undefined;
      const visit = { manager, query, body, budget: settings, workload: this.#workload, signal: gone.signal };
      return { status: 200, body: { v: 1, ...(await route.view(visit)) } };
    });
  }
}

/** Splits a URL at its first question mark. A query may hold more of them. */
function partsOf(url: string): { path: string; query: string } {
  const at = url.indexOf("?");
  return at === -1 ? { path: url, query: "" } : { path: url.slice(0, at), query: url.slice(at + 1) };
}

function notFound(): Refusal {
  return new Refusal(404, "NO_SUCH_PAGE", "The inspector has no such page.");
}

function assertMethod({ method = "" }: IncomingMessage, ...allowed: readonly string[]): void {
  if (allowed.includes(method)) return;
  throw new Refusal(405, "METHOD_REFUSED", "This page is not asked so.", { allow: allowed.join(", ") });
}

async function jsonOf(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  // Any website can send forms and plain text without a preflight request.
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    throw new Refusal(415, "BAD_REQUEST", "The body must be JSON.");
  }
  const text = await bodyWithin(request, maxBytes);
  if (text === undefined) throw new Refusal(413, "TOO_LARGE", `The body has more than ${maxBytes} bytes.`);
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, "BAD_REQUEST", "The body is no JSON.");
  }
}
