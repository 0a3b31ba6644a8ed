import type { DriverCall } from "../driver-store.js";
import type { IncomingMessage } from "node:http";
import type { Storage } from "@google-cloud/storage";
import { throwIfAborted } from "../../../async/abort.js";
import type { CallDetails } from "../../check.js";
import { StorageError, isStorageError } from "../../../errors/error.js";
import { invalidPath, withoutTrailingSlashes } from "../../../paths/path.js";
import { GcsClient } from "./client.js";
import { isGoogleEndpoint } from "./capability.js";
import { GCS_ERRORS } from "./errors.js";
import { word } from "../../../errors/service-text.js";
import { GcsFailure } from "./failure.js";
import { onAbort } from "../../../async/on-abort.js";
import { exchange, watchedChunks, type HttpRequest } from "./http-exchange.js";
import { nameProblem, toObjectName } from "./object-name.js";
import type { GcsFeatures, ParsedGcsOptions } from "./options.js";
import { Retry } from "./retry.js";

/** A request to the JSON API. */
export interface GcsRequest {
  method: string;
  /** The path after the base of the API, or the whole URL of a session. */
  target: string | URL;
  /** Whether the base is the one of uploads. */
  upload?: boolean;
  query?: Record<string, string | undefined>;
  headers?: Record<string, string>;
  body?: HttpRequest["body"];
  /** Whether sending the request twice does no harm (Cloud Storage, "Retry strategy"). */
  idempotent: boolean;
  /** A status that counts as success, in addition to 200 to 299. */
  accept?: number;
}

/** A response with a JSON body or an empty body. */
export interface GcsAnswer {
  status: number;
  headers: IncomingMessage["headers"];
  json: unknown;
}

// Larger than any response of the API that is read whole. A page of a listing holds 1,000 objects with their
// metadata.
const MAX_ANSWER = 64 * 1024 * 1024;

/**
 * One bucket, or the part of it under a prefix, as seen through one client. Holds names and settings, and sends
 * requests.
 */
export class GcsBucket {
  /** Whether the server is Google's, whose documented behaviour is relied on. */
  readonly isGoogle: boolean;
  readonly client: GcsClient;

  constructor(
    readonly options: ParsedGcsOptions,
    readonly features: GcsFeatures,
  ) {
    this.isGoogle = isGoogleEndpoint(options);
    this.client = new GcsClient(options);
  }

  /** @throws {StorageError} `INVALID_PATH` for the one kind of path whose name may be longer than the path */
  objectName(path: string, { operation, store }: CallDetails): string {
    const name = toObjectName(this.options.prefix + path);
    const problem = nameProblem(name);
    if (problem !== undefined) throw invalidPath("object path", problem, operation, store);
    return name;
  }

  /** Returns the target of requests about all objects, or about the object with this name. */
  target(name?: string): string {
    const objects = `/b/${encodeURIComponent(this.options.bucket)}/o`;
    return name === undefined ? objects : `${objects}/${encodeURIComponent(name)}`;
  }

  /** Returns the retries of a call that needs more than one request. */
  async retry(call: DriverCall): Promise<Retry> {
    return new Retry((await this.client.storage(call)).retryOptions, this.options.clock);
  }

  /** Sends a request until it succeeds or must not be sent again. Then reads the response. */
  async send(call: DriverCall, request: GcsRequest): Promise<GcsAnswer> {
    return this.#attempts(call, request, async (response) => ({
      status: response.statusCode!,
      headers: response.headers,
      json: ownJson(response.statusCode!, await this.#text(response, call), call),
    }));
  }

  /** Sends a request as `send` does, but leaves the body of the response to the caller. */
  async open(call: DriverCall, request: GcsRequest): Promise<IncomingMessage> {
    return this.#attempts(call, request, (response) => Promise.resolve(response));
  }

  async #attempts<T>(
    call: DriverCall,
    request: GcsRequest,
    receive: (response: IncomingMessage) => Promise<T>,
  ): Promise<T> {
    throwIfAborted(call.signal, call.details);
    const storage = await this.client.storage(call);
    const retry = new Retry(storage.retryOptions, this.options.clock);
    return retry.run(request.idempotent, call, async () => {
      try {
        const response = await this.#exchange(storage, call, request);
        const status = response.statusCode!;
        if ((status >= 200 && status < 300) || status === request.accept) return await receive(response);
        throw await this.#failure(response, call, retry.attempts);
      } catch (error) {
        throw GCS_ERRORS.of(isStorageError(error) ? error : GcsFailure.of(error, retry.attempts), call);
      }
    });
  }

  async #exchange(storage: Storage, call: DriverCall, request: GcsRequest): Promise<IncomingMessage> {
    const plain: HttpRequest = {
      method: request.method,
      url: toUrl(storage, request),
      headers: { "user-agent": "coatcheck", ...request.headers },
      ...(request.body !== undefined && { body: request.body }),
    };
    // The server chose the URL of a session, which is itself a credential. So no token goes there.
    const sent = request.target instanceof URL ? plain : await this.client.authorized(storage, plain, call);
    throwIfAborted(call.signal, call.details);
    const agent = this.client.agentFor(sent.url);
    return exchange(sent, { agent, timeout: this.options.timeout, signal: call.signal });
  }

  async #failure(response: IncomingMessage, call: DriverCall, attempts: number): Promise<GcsFailure> {
    const text = await this.#text(response, call).catch(() => "");
    return new GcsFailure({
      name: reasonOf(parseJson(text)) ?? "HttpError",
      httpStatus: response.statusCode,
      requestId: word(response.headers["x-guploader-uploadid"]),
      attempts,
    });
  }

  async #text(response: IncomingMessage, { signal }: DriverCall): Promise<string> {
    const stop = (): void => void response.destroy(new Error("aborted"));
    if (signal?.aborted) stop();
    const settled = onAbort(signal, stop);
    try {
      const chunks: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of watchedChunks(response, this.options.timeout)) {
        if ((size += chunk.byteLength) > MAX_ANSWER) break;
        chunks.push(chunk);
      }
      return Buffer.concat(chunks).toString();
    } finally {
      settled();
    }
  }
}

/** Returns the JSON of a response as an object. Each of its fields may be missing. */
export function answerObject({ json }: GcsAnswer, { details }: DriverCall): object {
  if (typeof json === "object" && json !== null) return json;
  throw foreignAnswer(details);
}

/** Makes the error of a response that can't be from Google. */
export function foreignAnswer(details: CallDetails): StorageError {
  return new StorageError("UNEXPECTED", "The server's answer is not that of Cloud Storage.", details);
}

function toUrl(storage: Storage, { target, query = {}, upload = false }: GcsRequest): URL {
  // The library does the same. With STORAGE_EMULATOR_HOST the base is the bare host, and the emulator copies only
  // there.
  const base = upload ? `${storage.apiEndpoint}/upload/storage/v1` : withoutTrailingSlashes(storage.baseUrl);
  const url = target instanceof URL ? new URL(target) : new URL(base + target);
  const pairs = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  if (pairs.length === 0) return url;
  // No URLSearchParams, since some servers don't read its "+" as a space.
  url.search = pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&");
  return url;
}

// A success with HTML comes from something else, such as a proxy, and nothing was done. Emulators answer in plain
// text.
function ownJson(status: number, text: string, { details }: DriverCall): unknown {
  const json = parseJson(text);
  if (json !== undefined || !text.trimStart().startsWith("<") || status < 200 || status >= 300) return json;
  throw foreignAnswer(details);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // such as the emulator's plain "Not Found"
  }
}

// { "error": { "code": 404, "errors": [{ "reason": "notFound", ... }] } }
function reasonOf(json: unknown): string | undefined {
  const { error } = (json ?? {}) as { error?: { errors?: { reason?: unknown }[] } };
  return Array.isArray(error?.errors) ? word(error.errors[0]?.reason) : undefined;
}
