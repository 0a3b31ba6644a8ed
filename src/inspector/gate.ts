import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { Refusal } from "./answers.js";

/** The address that a request came to. It decides how the cookie is made, and from which origin a page must be. */
export interface Arrival {
  readonly isSecure: boolean;
  readonly origin: string;
}

const LOOPBACK_NAMES = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Accepts requests that name this server in `Host`. A page that reaches the server by DNS rebinding has another name
 * there.
 *
 * @param hosts names with their ports, as browsers send them; absent for loopback alone
 * @returns the address that the request came to
 * @throws {Refusal} if the name is unknown, the client is on another machine, or TLS is missing
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
 * Accepts requests from a page of the inspector. Other pages may send requests that change nothing, but can't read
 * the responses. Requests that do work or change data are refused from other pages.
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

/** Says whether an address is this machine's. A socket of the file system has no address. */
function isLoopback(address: string | undefined): boolean {
  return address === undefined || address === "::1" || /^(::ffff:)?127\./.test(address);
}

function countOf(name: string, { rawHeaders }: IncomingMessage): number {
  return rawHeaders.filter((text, index) => index % 2 === 0 && text.toLowerCase() === name).length;
}
