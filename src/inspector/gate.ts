import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { Refusal } from "./answers.js";

/** Where a request came to: how its cookie is made, and where its page must be from. */
export interface Arrival {
  readonly isSecure: boolean;
  readonly origin: string;
}

const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Lets in what was sent to this very server by its name. A page of elsewhere whose name was made to lead here (DNS
 * rebinding) has another name in `Host`.
 *
 * @param hosts names with their ports, as browsers send them; absent: loopback alone
 * @throws {Refusal}
 */
export function arrivalOf(request: IncomingMessage, hosts: readonly string[] | undefined): Arrival {
  const { socket, headers } = request;
  const host = headers.host?.toLowerCase() ?? "";
  const isEncrypted = (socket as Partial<TLSSocket>).encrypted === true;
  const known = hosts ?? loopbackHosts(socket.localPort, isEncrypted);
  if (!known.includes(host) || countOf("host", request) !== 1) {
    throw new Refusal(403, "HOST_REFUSED", "The inspector is not called by this name.");
  }
  const isNear = isLoopback(socket.remoteAddress);
  if (!isNear && hosts === undefined) {
    throw new Refusal(403, "HOST_REFUSED", "The inspector is for this machine alone.");
  }
  if (!isNear && !isEncrypted) throw new Refusal(403, "TLS_REQUIRED", "From another machine the inspector needs TLS.");
  const isSecure = isEncrypted || !LOOPBACK_NAMES.includes(nameOf(host));
  return { isSecure, origin: `${isSecure ? "https" : "http"}://${host}` };
}

/**
 * Lets in what a page of the inspector sent. What changes nothing, no other page can read; what works or changes, none may
 * even ask for.
 *
 * @throws {Refusal}
 */
export function assertOwnPage({ method, headers }: IncomingMessage, { origin }: Arrival): void {
  const site = headers["sec-fetch-site"];
  const isElsewhere = site !== undefined && site !== "same-origin" && site !== "none";
  const isRead = method === "GET" || method === "HEAD";
  if (!isElsewhere && (headers.origin === origin || (isRead && headers.origin === undefined))) return;
  throw new Refusal(403, "ORIGIN_REFUSED", "Only a page of the inspector may ask for this.");
}

function loopbackHosts(port: number | undefined, isEncrypted: boolean): string[] {
  const isUsual = port === undefined || port === (isEncrypted ? 443 : 80);
  return LOOPBACK_NAMES.flatMap((name) => [`${name}:${port}`, ...(isUsual ? [name] : [])]);
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, "");
}

/** A socket of the file system has no address. */
function isLoopback(address: string | undefined): boolean {
  return address === undefined || address === "::1" || /^(::ffff:)?127\./.test(address);
}

function countOf(name: string, { rawHeaders }: IncomingMessage): number {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;
}
