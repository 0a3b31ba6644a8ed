import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Clock } from "../async/clock.js";

// Lifetime of a session in milliseconds, and the most sessions at once. A new session beyond that ends the oldest.
const LIFETIME = 12 * 3_600_000;
const MAX_SESSIONS = 100;

/** Returns a new token that nobody can guess. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** Sessions of browsers that gave the token. Each has a cookie for some hours. No cookie holds the token itself. */
export class Sessions {
  /** End of each session, by the digest of its cookie's secret. */
  readonly #ends = new Map<string, number>();
  readonly #token: Buffer;
  readonly #cookie: string;

  constructor(
    token: string,
    private readonly clock: Clock,
  ) {
    this.#token = digestOf(token);
    // Cookies do not depend on the port. Two inspectors on one machine must not overwrite each other's cookies.
    this.#cookie = `coatcheck-${digestOf(`cookie ${token}`).toString("hex").slice(0, 12)}`;
  }

  isToken(text: string): boolean {
    return timingSafeEqual(digestOf(text), this.#token);
  }

  /** Begins a session. @returns the header `set-cookie` */
  begin(isSecure: boolean): string {
    const now = this.clock.now();
    for (const [digest, end] of this.#ends) if (end <= now) this.#ends.delete(digest);
    if (this.#ends.size >= MAX_SESSIONS) this.#ends.delete(this.#ends.keys().next().value!);
    const secret = newToken();
    this.#ends.set(keyOf(secret), now + LIFETIME);
    return this.#cookieOf(secret, LIFETIME / 1000, isSecure);
  }

  /** Says whether a request belongs to a session. */
  has(request: IncomingMessage): boolean {
    return this.#secretsOf(request).some((secret) => (this.#ends.get(keyOf(secret)) ?? 0) > this.clock.now());
  }

  /** Ends the session of a request. @returns the header `set-cookie` */
  end(request: IncomingMessage, isSecure: boolean): string {
    for (const secret of this.#secretsOf(request)) this.#ends.delete(keyOf(secret));
    return this.#cookieOf("", 0, isSecure);
  }

  #secretsOf({ headers }: IncomingMessage): string[] {
    const pairs = (headers.cookie ?? "").split(";").map((pair) => pair.trim());
    const begin = `${this.#cookie}=`;
    return pairs.filter((pair) => pair.startsWith(begin)).map((pair) => pair.slice(begin.length));
  }

  #cookieOf(secret: string, seconds: number, isSecure: boolean): string {
    const secure = isSecure ? "; Secure" : "";
    return `${this.#cookie}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
  }
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function keyOf(secret: string): string {
  return digestOf(secret).toString("hex");
}
