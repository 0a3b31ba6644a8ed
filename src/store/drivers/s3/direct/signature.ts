import { createHmac, hash } from "node:crypto";
import { HmacKey } from "./hmac.js";

/** The credentials that sign requests. */
export interface SigningCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** The part of a request that its signature covers. */
export interface SignableRequest {
  readonly method: string;
  /** Percent-encoded once, the form in which it is sent. */
  readonly path: string;
  /** Sorted and percent-encoded, or empty. */
  readonly query: string;
  /** Names in lower case. All of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body in hexadecimal. */
  readonly payloadHash: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const SCOPE_END = "aws4_request";

/**
 * Signs requests to one service of one region by headers: AWS Signature Version 4 (IAM User Guide, "Create a signed
 * AWS API request"). The SDK's signer does the same, but takes four times as long.
 */
export class RequestSigner {
  #key: { readonly day: string; readonly secret: string; readonly hmac: HmacKey } | undefined;
  #time = { second: NaN, text: "" };

  constructor(
    private readonly region: string,
    private readonly service: string,
  ) {}

  /**
   * Signs a request. Returns its headers together with those of the signature.
   *
   * @param now milliseconds since 1970-01-01T00:00:00Z, by the clock of the server
   */
  sign(request: SignableRequest, credentials: SigningCredentials, now: number): Record<string, string> {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const time = this.#timeOf(now);
    const day = time.slice(0, 8);
    const headers: Record<string, string> = { ...request.headers, "x-amz-date": time };
    if (sessionToken !== undefined) headers["x-amz-security-token"] = sessionToken;
    const names = Object.keys(headers).sort();
    const signedNames = names.join(";");
    const scope = `${day}/${this.region}/${this.service}/${SCOPE_END}`;
    const text = `${ALGORITHM}\n${time}\n${scope}\n${hash("sha256", canonicalRequest(request, headers, names), "hex")}`;
    const signature = this.#keyOf(day, secretAccessKey).sign(text);
    headers["authorization"] =
      `${ALGORITHM} Credential=${accessKeyId}/${scope}, SignedHeaders=${signedNames}, Signature=${signature}`;
    return headers;
  }

  // The key is the same all day.
  #keyOf(day: string, secret: string): HmacKey {
    if (this.#key?.day === day && this.#key.secret === secret) return this.#key.hmac;
    const key = new HmacKey([this.region, this.service, SCOPE_END].reduce(hmac, hmac(`AWS4${secret}`, day)));
    this.#key = { day, secret, hmac: key };
    return key;
  }

  // All requests of one second share the text.
  #timeOf(now: number): string {
    const second = Math.floor(now / 1000);
    if (second !== this.#time.second) {
      this.#time = { second, text: new Date(now).toISOString().replace(/[-:]|\.\d+/g, "") };
    }
    return this.#time.text;
  }
}

const SPACE = /\s/;

function canonicalRequest(
  { method, path, query, payloadHash }: SignableRequest,
  headers: Readonly<Record<string, string>>,
  names: readonly string[],
): string {
  let lines = "";
  for (const name of names) {
    const value = headers[name]!;
    lines += `${name}:${SPACE.test(value) ? value.trim().replace(/\s+/g, " ") : value}\n`;
  }
  return `${method}\n${path}\n${query}\n${lines}\n${names.join(";")}\n${payloadHash}`;
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
