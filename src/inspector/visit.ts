import type { StorageManager } from "../manager/storage-manager.js";
import { Refusal } from "./answers.js";
import type { Workload } from "./workload.js";

/** Most data that one request may load. */
export interface Budget {
  /** Bytes of JSON in a request. */
  readonly maxBodyBytes: number;
  /** Decoded bytes that a click on a reference may load. `maxReferences` is the most references that it may follow. */
  readonly maxBytes: number;
  readonly maxReferences: number;
}

/** One request with a valid session. */
export interface Visit {
  readonly manager: StorageManager;
  readonly query: URLSearchParams;
  /** The parsed JSON of the request. `undefined` if the request has none. */
  readonly body: unknown;
  readonly budget: Budget;
  readonly workload: Workload;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

/** A view of the inspector. It returns the response, which is sent as JSON. */
export type View = (visit: Visit) => Promise<object> | object;

/** Returns a text field of the request body. @throws {Refusal} if it is missing, empty or not a text */
export function textField(body: unknown, name: string): string {
  const value = optionalText(body, name);
  if (value === undefined) throw new Refusal(400, "BAD_REQUEST", `The request has no ${name}.`);
  return value;
}

/**
 * Returns a text field of the request body, or `undefined` if it is missing or empty.
 *
 * @throws {Refusal} if it is not a text
 */
export function optionalText(body: unknown, name: string): string | undefined {
  const value = typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw new Refusal(400, "BAD_REQUEST", `The field ${name} must be a text.`);
  return value;
}
