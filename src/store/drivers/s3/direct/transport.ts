import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import { HttpRequest } from "@smithy/core/protocols";
import { abortable } from "../../../../async/abort.js";
import { systemClock, type Clock } from "../../../../async/clock.js";
import { sha256 } from "../../../../bytes/digest.js";
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
import { targetOf, type Target } from "./target.js";

/**
 * What came of a request. `undefined` where it is the SDK's, and nothing was sent: for a client that is not plain.
 * `"unanswered"` where the SDK has to send it again: for an answer that is neither good nor a clear refusal, and a
 * connection that broke.
 */
export type DirectAnswer = ObjectAnswer | "unanswered" | undefined;

/** What a test may replace. */
export interface TransportTools {
  readonly clock: Clock;
  /** A number from 0 up to 1. */
  readonly random: () => number;
}

const TOOLS: TransportTools = { clock: systemClock, random: Math.random };

// The server asks to be left alone for a while (RFC 9110, 15.6.4; RFC 6585, 4).
const BUSY: readonly number[] = [429, 503];

// Most ms of the wait before such a request is sent again: by the SDK, which goes on with waits of its own.
const BUSY_PAUSE = 200;

/**
 * Sends requests about objects past the SDK's middleware, which takes five times the time of the request itself. What
 * decides where they go, and as whom, is asked of the client: endpoint, region, credentials, the offset of the clock, the
 * request handler. Whatever is not as it usually is, is left to the SDK.
 */
export class DirectTransport {
  /** Requests that were sent. */
  sent = 0;
  readonly #client: S3Client;
  readonly #plain: PlainClient;
  #target: Target | undefined;
  /** Whether requests to the bucket need the SDK. */
  #isUnfit = false;

  /** @param given what the client was made of, if nobody else holds it */
  constructor(
    client: S3Client,
    private readonly bucket: string,
    given: S3ClientConfig | undefined,
    private readonly tools: TransportTools = TOOLS,
  ) {
    this.#client = client;
    this.#plain = new PlainClient(client, given);
  }

  /**
   * Asks for an operation.
   *
   * @throws the reason of the signal's, or an error with the fields of the SDK's, if the server refuses for good
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
    if (BUSY.includes(response.status)) await this.#pause(signal);
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
      return isSent ? "unanswered" : undefined; // the SDK says what is wrong, if it still is
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
    const headers = signer.sign(request, await config.credentials(), this.tools.clock.now() + config.systemClockOffset);
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
    const region = await this.#client.config.region(); // a function of the user's may name another one later
    if (this.#target?.region === region) return this.#target;
    const target = (await this.#plain.hasOwnParts()) ? await targetOf(this.#client, this.bucket) : undefined;
    this.#target = target;
    this.#isUnfit = target === undefined;
    return target;
  }

  async #pause(signal: AbortSignal | undefined): Promise<void> {
    const { clock, random } = this.tools;
    let timer: unknown;
    try {
      const waited = new Promise<void>((resolve) => (timer = clock.setTimeout(resolve, random() * BUSY_PAUSE)));
      await abortable(waited, signal);
    } finally {
      clock.clearTimeout(timer);
    }
  }
}

function hashed({ bytes, sha256: known = sha256(bytes) }: Payload): HashedPayload {
  return { bytes, sha256: known };
}
