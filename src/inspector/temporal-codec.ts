import type { IncomingMessage, ServerResponse } from "node:http";
import { temporalCodecHandler, type TemporalCodecHandlerOptions } from "../adapters/temporal/codec-handler.js";
import type { StorageManager } from "../manager/storage-manager.js";
import { Refusal } from "./answers.js";
import type { Sessions } from "./sessions.js";

/** How the inspector speaks Temporal's codec protocol: as {@link TemporalCodecHandlerOptions}. */
export type InspectorTemporalOptions = Omit<TemporalCodecHandlerOptions, "manager" | "authorize">;

/** Answers requests below `/temporal/`. */
export type TemporalCodec = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

/**
 * The codec server, for whoever has a session, or the token as `Authorization: Bearer`. Its pages are those of Temporal, from
 * another origin: the handler checks that. To encode is to store, which an inspector that only reads refuses.
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
