import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { HttpRequest } from "@smithy/core/protocols";
import { systemClock, type Clock } from "../../../../async/clock.js";
import { pause } from "../../../../async/pause.js";
import { sha256 } from "../../../../bytes/digest.js";
import { CappedRetries } from "../client/capped-retries.js";
import { answerOf, type ObjectAnswer } from "./answer.js";
import {
  objectRequest,
  type HashedPayload,
  type ObjectInput,
  type ObjectOperation,
  type Payload,
} from "./object-request.js";
import { PlainClient } from "./plain-client.js";
import { requestAbort } from "./request-signal.js";
import { responseOf, type DirectResponse } from "./response.js";
import type { SigningCredentials } from "./signature.js";
import { placeOf, targetOf, type Target } from "./target.js";

/**
 * The result of a direct request:
 * - An {@link ObjectAnswer} is a successful response.
 * - `undefined` means that nothing was sent, and that the SDK must send the request. The client is not plain, for example.
 * - `"unanswered"` means that the SDK must send the request again. The response is neither good nor a clear refusal,
 *   or the connection broke.
 */
export type DirectAnswer = ObjectAnswer | "unanswered" | undefined;

/** The tools that a test may replace. */
export interface TransportTools {
  readonly clock: Clock;
  /** A number from 0 up to 1. */
  readonly random: () => number;
}

const TOOLS: TransportTools = { clock: systemClock, random: Math.random };

// Statuses of a server that asks for a pause (RFC 9110, 15.6.4; RFC 6585, 4).
const BUSY: readonly number[] = [429, 503];

// Longest wait in ms before the SDK sends such a request again, unless the retries of the client are limited to less.
// The SDK then adds waits of its own.
const BUSY_PAUSE = 200;

// Settings that decide where requests go, besides the region.
const PLACING = ["endpoint", "useDualstackEndpoint", "useFipsEndpoint"] as const;

/**
 * Sends requests about objects without the SDK's middleware, which takes five times as long as the request itself.
 * The client still provides the endpoint, region, credentials, clock offset and request handler. Every unusual case
 * is left to the SDK.
 */
export class DirectTransport {
  /** Number of requests sent. */
  sent = 0;
  readonly #client: S3Client;
  readonly #plain: PlainClient;
  #target: Target | undefined;
  /** Milliseconds. */
  readonly #longestPause: number;
  /** Whether only the region can still change. */
  readonly #isFixed: boolean;
  /** The place for which the target was found. */
  #placeText: string | undefined;
  /** Whether requests to the bucket need the SDK. */
  #isUnfit = false;

  /** @param given the configuration of the client, if nobody else holds the client */
  constructor(
    client: S3Client,
    private readonly bucket: string,
    given: S3ClientConfig | undefined,
    private readonly tools: TransportTools = TOOLS,
  ) {
    this.#client = client;
    this.#plain = new PlainClient(client, given);
    const retries = given?.retryStrategy;
    this.#longestPause = retries instanceof CappedRetries ? Math.min(retries.maxBackoff, BUSY_PAUSE) : BUSY_PAUSE;
    this.#isFixed = given !== undefined && !PLACING.some((name) => typeof given[name] === "function");
  }

  /**
   * Requests an operation.
   *
   * @throws the reason of the signal, or an error with the fields of the SDK's error if the server clearly refuses
   */
  async ask(
    operation: ObjectOperation,
    input: ObjectInput,
    payload?: Payload,
    signal?: AbortSignal,
  ): Promise<DirectAnswer> {
    const response = await this.#send(operation, input, payload, signal);
    if (signal?.aborted && typeof response === "object") response.body.destroy();
    signal?.throwIfAborted();
    if (typeof response !== "object") return response;
    const answer = await answerOf(operation, response);
    if (answer !== undefined) return answer;
    const { clock, random } = this.tools;
    if (BUSY.includes(response.status)) await pause(clock, random() * this.#longestPause, signal);
    signal?.throwIfAborted();
    return "unanswered";
  }

  async #send(
    operation: ObjectOperation,
    input: ObjectInput,
    payload: Payload | undefined,
    signal: AbortSignal | undefined,
  ): Promise<DirectResponse | "unanswered" | undefined> {
    let isSent = false;
    try {
      const target = await this.#currentTarget();
      if (target === undefined || (payload !== undefined && payload.bytes.byteLength >= target.asksFrom))
        return undefined;
      const request = await this.#requestOf(target, operation, input, payload);
      if (signal?.aborted) return undefined;
      isSent = true;
      this.sent++;
      return await this.#handled(request, signal);
    } catch {
      return isSent ? "unanswered" : undefined; // if the problem persists, the SDK reports it
    }
  }

  async #handled(request: HttpRequest, signal: AbortSignal | undefined): Promise<DirectResponse | undefined> {
    const { requestHandler } = this.#client.config;
    const abort = signal && requestAbort(requestHandler, signal);
    let response: DirectResponse | undefined;
    try {
      response = responseOf(
        await requestHandler.handle(request, abort === undefined ? {} : { abortSignal: abort.signal }),
      );
      return response;
    } finally {
      if (response === undefined || response.body.closed) abort?.unlink();
      else if (abort !== undefined) response.body.once("close", () => abort.unlink());
    }
  }

  async #requestOf(
    target: Target,
    operation: ObjectOperation,
    input: ObjectInput,
    payload: Payload | undefined,
  ): Promise<HttpRequest> {
    const { config } = this.#client;
    const { protocol, hostname, port, signer, checksums } = target;
    const request = objectRequest(operation, input, payload && hashed(payload), target, checksums);
    const credentials = checkedCredentials(await config.credentials());
    const headers = signer.sign(request, credentials, this.tools.clock.now() + config.systemClockOffset);
    headers["user-agent"] = target.userAgent;
    const trace = target.isTraced ? process.env["_X_AMZN_TRACE_ID"] : undefined;
    if (trace !== undefined) headers["x-amzn-trace-id"] = trace;
    const { method, path, parameters } = request;
    return new HttpRequest({
      method,
      protocol,
      hostname,
      path,
      headers,
      ...(parameters && { query: parameters }),
      ...(port !== undefined && { port }),
      ...(payload !== undefined && { body: payload.bytes }),
    });
  }

  async #currentTarget(): Promise<Target | undefined> {
    if (this.#isUnfit || !this.#plain.hasOwnWay) return undefined;
    // To read the whole place takes a quarter of the time of a request.
    if (this.#isFixed && this.#target?.region === (await this.#client.config.region())) return this.#target;
    const place = await placeOf(this.#client);
    const placeText = JSON.stringify(place);
    if (this.#target !== undefined && this.#placeText === placeText) return this.#target;
    const target = (await this.#plain.hasOwnParts()) ? await targetOf(this.#client, this.bucket, place) : undefined;
    this.#target = target;
    this.#placeText = placeText;
    this.#isUnfit = target === undefined;
    return target;
  }
}

/** @throws {TypeError} for credentials that the SDK refuses too */
function checkedCredentials(credentials: SigningCredentials): SigningCredentials {
  const { accessKeyId, secretAccessKey } = credentials;
  if (typeof accessKeyId === "string" && typeof secretAccessKey === "string") return credentials;
  throw new TypeError("The credentials are not valid.");
}

function hashed({ bytes, sha256: known = sha256(bytes) }: Payload): HashedPayload {
  return { bytes, sha256: known };
}
