import type { ServerResponse } from "node:http";
import type { Clock } from "../async/clock.js";
import { subscribe } from "../observe/channel.js";
import { Refusal } from "./answers.js";

// Most listeners at once, and the interval of heartbeats in milliseconds. A heartbeat keeps idle connections open.
const MAX_LISTENERS = 10;
const HEARTBEAT = 15_000;

/**
 * Events of the managers of this process, as server-sent events. See
 * https://html.spec.whatwg.org/multipage/server-sent-events.html.
 *
 * Scopes and step runs are left out, since they may belong to another tenant.
 */
export class LiveEvents {
  #listeners = 0;

  constructor(private readonly clock: Clock) {}

  /** Sends events until the client goes away. @throws {Refusal} if too many clients are listening */
  sendTo(response: ServerResponse): void {
    if (this.#listeners >= MAX_LISTENERS) {
      throw new Refusal(429, "BUSY", `${MAX_LISTENERS} pages listen already. Close one.`, { "retry-after": "10" });
    }
    this.#listeners++;
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    let dropped = 0;
    let timer: unknown;
    const write = (text: string): void => {
      // A slow page misses events, so that they do not pile up here.
      if (response.writableNeedDrain) dropped++;
      else response.write(text);
    };
    const beat = (): void => {
      write(":\n\n");
      timer = this.clock.setTimeout(beat, HEARTBEAT);
    };
    const unsubscribe = subscribe((event) => {
      write(`data: ${JSON.stringify({ ...event, scope: undefined, stepRunId: undefined, dropped })}\n\n`);
    });
    response.once("close", () => {
      unsubscribe();
      this.clock.clearTimeout(timer);
      this.#listeners--;
    });
    beat();
  }
}
