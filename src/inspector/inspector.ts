import type { IncomingMessage, ServerResponse } from "node:http";
import { bodyWithin } from "../bytes/request-body.js";
import type { StorageManager } from "../manager/storage-manager.js";
import { failureOf, guard, Refusal, send, type Answer } from "./answers.js";
import { arrivalOf, assertOwnPage, type Arrival } from "./gate.js";
import { inspectorSettings, type InspectorOptions, type InspectorSettings } from "./inspector-options.js";
import { LiveEvents } from "./live-events.js";
import { PAGE_FILES } from "./page/files.js";
import { ROUTES } from "./routes.js";
import { Sessions } from "./sessions.js";
import { temporalCodec, type TemporalCodec } from "./temporal-codec.js";
import { textField } from "./visit.js";
import { Workload } from "./workload.js";

/** Answers the requests of a server of `node:http` or `node:https`. */
export interface Inspector {
  (request: IncomingMessage, response: ServerResponse): void;
  /** What opens it: the page is at `http://127.0.0.1:PORT/#TOKEN`. */
  readonly token: string;
}

/**
 * A page to look at what lies in the store of a manager, as a handler for a server of your own: scopes, objects, what is in
 * a pack, a payload drawn, a dry run of the collector, what the store really does, and events as they happen.
 *
 * It answers on the loopback interface alone, and to whoever has its token, until it is told otherwise. It only reads, but for
 * the probes of the doctor, until `allowDelete`. What the manager may not read, such as what is another tenant's or not signed,
 * it does not show. A server must call it at its root; below a path, without that path in `request.url`.
 *
 * @param manager what it looks at; the inspector does not close it
 * @param options see {@link InspectorOptions}
 * @throws {StorageError} `CONFIG_INVALID`; with `temporal`, as `temporalCodecHandler` does
 * @example
 * const look = inspector(manager);
 * createServer(look).listen(7788, "127.0.0.1", () => console.log(`http://127.0.0.1:7788/#${look.token}`));
 */
export function inspector(manager: StorageManager, options: InspectorOptions = {}): Inspector {
  const settings = inspectorSettings(options);
  const desk = new Desk(manager, settings);
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    guard(response);
    desk.serve(request, response).catch((error: unknown) => {
      if (response.headersSent) return void response.destroy();
      // What is still to come is not read.
      if (!request.complete) response.setHeader("connection", "close");
      send(response, failureOf(error));
    });
  };
  return Object.assign(handle, { token: settings.token });
}

/** Where requests come in. */
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
    const [path = "", query = ""] = (request.url ?? "").split("?", 2);
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
    // Who may not look does not learn what there is.
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
      assertMethod(request, "GET");
      return { status: 200, body: { v: 1, store: manager.store?.name, allowDelete: settings.allowDelete } };
    }
    const route = ROUTES.get(path);
    if (route === undefined) throw notFound();
    assertMethod(request, route.method);
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

function notFound(): Refusal {
  return new Refusal(404, "NO_SUCH_PAGE", "The inspector has no such page.");
}

function assertMethod({ method = "" }: IncomingMessage, ...allowed: readonly string[]): void {
  if (allowed.includes(method)) return;
  throw new Refusal(405, "METHOD_REFUSED", "This page is not asked so.", { allow: allowed.join(", ") });
}

async function jsonOf(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  // Forms and plain text are sent by any page, without being asked for leave.
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
