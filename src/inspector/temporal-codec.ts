import type { IncomingMessage, ServerResponse } from "node:http";
import type { MessageFormat } from "../adapters/messages/message-format.js";
import { temporalCodecHandler, type TemporalCodecHandlerOptions } from "../adapters/temporal/codec-handler.js";
import type { TimeToLive } from "../configure/retention.js";
import type { StorageManager } from "../manager/storage-manager.js";
import { Refusal } from "./answers.js";
import type { Sessions } from "./sessions.js";

/**
 * A `PayloadCodec` of Temporal, by its methods. Users of an inspector need not install the types of that client.
 */
export interface InspectorPayloadCodec {
  encode(payloads: never[], ...context: never[]): Promise<unknown[]>;
  decode(payloads: never[], ...context: never[]): Promise<unknown[]>;
}

// Not derived from the options of coatcheck/temporal: the types of that entry point need those of Temporal's client.

/** Options of Temporal's codec protocol in the inspector, as those of `temporalCodecHandler` in `coatcheck/temporal`. */
export interface InspectorTemporalOptions {
  /** Most bytes of a payload, as protobuf, that stays; default 262144 (256 KiB). */
  over?: number | undefined;
  /** How long payloads live, in milliseconds; default that of the manager. */
  ttl?: TimeToLive | undefined;
  /** The audience of references, if the manager signs. */
  audience?: string | undefined;
  /** Other formats that are read, as in `temporalStorageDriver`. */
  reads?: readonly MessageFormat[] | undefined;
  /** Other codecs of the workers, such as encryption, in their order. */
  codecs?: readonly InspectorPayloadCodec[] | undefined;
  /** Origins of pages that may send requests, such as `"http://localhost:8233"`. Default: none. There is no `*`. */
  origins?: readonly string[] | undefined;
  /** Most bytes of a request, default 16777216 (16 MiB). */
  maxBytes?: number | undefined;
}

/** Answers requests below `/temporal/`. */
export type TemporalCodec = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

/**
 * Returns the handler of a codec server. A request needs a session, or the token as `Authorization: Bearer`. The
 * requests come from Temporal's pages, on another origin. The codec handler checks that origin. Encoding stores
 * payloads, so a read-only inspector refuses to encode.
 */
export function temporalCodec(
  manager: StorageManager,
  options: InspectorTemporalOptions,
  sessions: Sessions,
  isReadOnly: boolean,
): TemporalCodec {
  const authorize = (request: IncomingMessage): boolean => {
    const [, token] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "") ?? [];
    return sessions.has(request) || (token !== undefined && sessions.isToken(token));
  };
  const own = options as Omit<TemporalCodecHandlerOptions, "manager" | "authorize">;
  const handle = temporalCodecHandler({ ...own, manager, authorize });
  return async (request, response, path) => {
    if (isReadOnly && path.endsWith("/encode") && request.method === "POST") {
      throw new Refusal(403, "READ_ONLY", "To encode stores payloads, and this inspector only reads.");
    }
    await handle(request, response);
  };
}
