import { randomUUID } from "node:crypto";
import type { Counters, Session } from "../contender.js";

/**
 * The objects of a peer's memory store. A body is kept as the peer hands it over: turning strings into bytes is work that
 * it would not do without a network.
 */
export class MemoryObjects<Body extends string | Uint8Array> {
  readonly session: Required<Pick<Session, "counters" | "close">> = {
    counters: () => this.#counters(),
    close: () => {
      this.#bodies.clear();
      return Promise.resolve();
    },
  };
  readonly #bodies = new Map<string, Body>();
  #requests = 0;

  put(body: Body, key: string = randomUUID()): string {
    this.#requests += 1;
    this.#bodies.set(key, body);
    return key;
  }

  has(key: string): boolean {
    this.#requests += 1;
    return this.#bodies.has(key);
  }

  get(key: string): Body {
    this.#requests += 1;
    const body = this.#bodies.get(key);
    if (body === undefined) throw new Error("There is no such object.");
    return body;
  }

  /** Bytes are counted here, off the clock: no peer writes an object twice. */
  #counters(): Counters {
    let bytesSent = 0;
    for (const body of this.#bodies.values()) bytesSent += Buffer.byteLength(body);
    return { requests: this.#requests, bytesSent };
  }
}
