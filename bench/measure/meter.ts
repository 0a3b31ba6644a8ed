import type { Session } from "../contender.js";
import { ServerControl } from "../s3/control.js";
import type { Requests } from "./sample.js";

/** Counts the requests of a session: at the server, where there is one, else where the contender counts them. */
export class Meter {
  readonly #server: ServerControl | undefined;
  #before = { requests: 0, bytesSent: 0 };

  constructor(
    private readonly session: Session,
    control: string | undefined,
  ) {
    this.#server = control === undefined ? undefined : new ServerControl(control);
  }

  async reset(): Promise<void> {
    if (this.#server === undefined) this.#before = this.#counters();
    else await this.#server.reset();
  }

  /** Since the last reset. */
  async read(): Promise<{ requests: Requests; bytesSent: number }> {
    if (this.#server === undefined) {
      const { requests, bytesSent } = this.#counters();
      return { requests: { total: requests - this.#before.requests }, bytesSent: bytesSent - this.#before.bytesSent };
    }
    const { put, get, other, bytesSent } = await this.#server.traffic();
    return { requests: { put, get, other, total: put + get + other }, bytesSent };
  }

  #counters(): { requests: number; bytesSent: number } {
    return this.session.counters?.() ?? { requests: 0, bytesSent: 0 };
  }
}
