import type { IncomingMessage, ServerResponse } from "node:http";
import { temporalCodecHandler, type TemporalCodecHandlerOptions } from "../adapters/temporal/codec-handler.js";
import type { StorageManager } from "../manager/storage-manager.js";
import { Refusal } from "./answers.js";
import type { Sessions } from "./sessions.js";

/** Options of Temporal's codec protocol in the inspector, as in {@link TemporalCodecHandlerOptions}. */
export type InspectorTemporalOptions = Omit<TemporalCodecHandlerOptions, "manager" | "authorize">;

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
  const handle = temporalCodecHandler({ ...options, manager, authorize });
  return async (request, response, path) => {
    if (isReadOnly && path.endsWith("/encode") && request.method === "POST") {
      throw new Refusal(403, "READ_ONLY", "To encode stores payloads, and this inspector only reads.");
    }
    await handle(request, response);
  };
}
