import type { Payload, PayloadCodec } from "@temporalio/common";
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod/mini";
import { bodyWithin } from "../../bytes/request-body.js";
import { isStorageError, type StorageErrorCode } from "../../errors/error.js";
import { functionField } from "../messages/engine-fields.js";
import { hasMethods } from "../../options/fields.js";
import { parseOptions } from "../../options/parse-options.js";
import { codecFields, type TemporalPayloadCodecOptions } from "./codec-options.js";
import { temporalPayloadCodec } from "./payload-codec.js";
import { bodyOf, payloadsIn } from "./proto-json.js";

/** Options of {@link temporalCodecHandler}. */
export interface TemporalCodecHandlerOptions extends TemporalPayloadCodecOptions {
  /** Other codecs of the workers, such as encryption, in their order. They run before {@link temporalPayloadCodec}. */
  codecs?: readonly PayloadCodec[] | undefined;
  /**
   * Origins of pages that may send requests, such as `"http://localhost:8233"`, the Temporal web UI. Default: none.
   * There is no `*`.
   */
  origins?: readonly string[] | undefined;
  /** Most bytes of a request, default 16777216 (16 MiB). */
  maxBytes?: number | undefined;
  /**
   * Says whether a request is authorised, for example by its header `authorization`. Default: anyone who can reach
   * the server may read each payload whose claim they know.
   */
  authorize?: ((request: IncomingMessage, namespace: string) => boolean | Promise<boolean>) | undefined;
}

type Direction = "encode" | "decode";

const schema = z.strictObject({
  ...codecFields,
  codecs: z._default(z.array(z.custom<PayloadCodec>(hasMethods("encode", "decode"), "must be a PayloadCodec")), []),
  origins: z._default(
    z.array(z.string().check(z.regex(/^https?:\/\/[^/]+$/, "must be an origin, as http://host:port"))),
    [],
  ),
  maxBytes: z._default(z.int().check(z.gte(1)), 16_777_216),
  authorize: z.optional(functionField<NonNullable<TemporalCodecHandlerOptions["authorize"]>>()),
});

/**
 * Makes the codec server of Temporal's web UI and CLI, as a handler of `node:http`. It answers `POST …/encode` and
 * `POST …/decode` of `{"payloads":[…]}`, with CORS for the page. Paths may have a prefix.
 *
 * @throws {StorageError} as {@link temporalPayloadCodec} does
 * @example
 * createServer(temporalCodecHandler({ manager, origins: ["http://localhost:8233"] })).listen(8888, "127.0.0.1");
 */
export function temporalCodecHandler(
  options: TemporalCodecHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const parsed = parseOptions(schema, options, "temporalCodecHandler");
  const { codecs: others, origins, maxBytes, authorize, ...own } = parsed;
  const codecs = [...others, temporalPayloadCodec(own)];

  const code = async (direction: Direction, payloads: Payload[], namespace: string): Promise<Payload[]> => {
    const context = { type: "workflow", namespace, workflowId: "" } as const;
    let coded = payloads;
    const order = direction === "encode" ? codecs : codecs.toReversed();
    for (const codec of order) coded = await codec[direction](coded, context);
    return coded;
  };

  const answer = async (request: IncomingMessage): Promise<[status: number, body: string]> => {
    const direction = /\/(encode|decode)$/.exec(pathOf(request))?.[1] as Direction | undefined;
    if (direction === undefined) return problem(404, "There is only /encode and /decode.");
    if (request.method !== "POST") return problem(405, "Only POST is understood.");
    // Any website can send forms and plain text without CORS. Nothing is stored for such requests.
    if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
      return problem(415, "The body must be JSON.");
    const namespace = String(request.headers["x-namespace"] ?? "");
    if (authorize !== undefined && !(await authorize(request, namespace))) return problem(401, "Not authorized.");
    const body = await bodyWithin(request, maxBytes);
    if (body === undefined) return problem(413, `The body has more than ${maxBytes} bytes.`);
    const payloads = payloadsIn(body);
    if (payloads === undefined) return problem(400, "The body holds no payloads.");
    return [200, bodyOf(await code(direction, payloads, namespace))];
  };

  return async (request, response) => {
    const { origin } = request.headers;
    const isKnown = origin === undefined || origins.includes(origin);
    response.setHeader("vary", "origin");
    if (isKnown && origin !== undefined) allow(origin, response);
    const [status, body] = !isKnown
      ? problem(403, "Pages of this origin may not ask.")
      : request.method === "OPTIONS"
        ? ([204, ""] as const)
        : await answer(request).catch((error: unknown) => failed(error));
    if (status === 405) response.setHeader("allow", "POST, OPTIONS");
    if (!request.complete) response.setHeader("connection", "close"); // the rest of the request body is not read
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  };
}

function allow(origin: string, response: ServerResponse): void {
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-allow-credentials", "true");
  response.setHeader("access-control-allow-methods", "POST, OPTIONS");
  response.setHeader("access-control-allow-headers", "authorization, content-type, x-namespace");
}

function pathOf({ url = "" }: IncomingMessage): string {
  return url.replace(/[?#].*$/s, "");
}

function problem(status: number, message: string): [status: number, body: string] {
  return [status, JSON.stringify({ message })];
}

const STATUS: Partial<Record<StorageErrorCode, number>> = {
  NOT_FOUND: 404,
  RELEASED: 410,
  INVALID_REFERENCE: 400,
  REFERENCE_DENIED: 403,
  SIGNATURE_INVALID: 403,
  BUDGET_EXCEEDED: 413,
};

/**
 * Turns an error into a response. The message of a storage error is sent. Other errors may hold anything, so their
 * messages are not sent.
 */
function failed(error: unknown): [status: number, body: string] {
  if (!isStorageError(error)) return problem(500, "The payloads could not be coded.");
  return problem(STATUS[error.code] ?? (error.retryable ? 503 : 500), error.message);
}
