import type { StorageManager } from "../manager/storage-manager.js";
import { Refusal } from "./answers.js";
import type { Workload } from "./workload.js";

/** Most that one visit may bring. */
export interface Budget {
  /** Bytes of JSON that a page sends. */
  readonly maxBodyBytes: number;
  /** Decoded bytes, and references, of what is resolved on a click. */
  readonly maxBytes: number;
  readonly maxReferences: number;
}

/** One request, of somebody who may look. */
export interface Visit {
  readonly manager: StorageManager;
  readonly query: URLSearchParams;
  /** The JSON that was sent; `undefined` for what sends none. */
  readonly body: unknown;
  readonly budget: Budget;
  readonly workload: Workload;
  /** Aborts when whoever asked goes away. */
  readonly signal: AbortSignal;
}

/** A view: what it answers with, as JSON. */
export type View = (visit: Visit) => Promise<object> | object;

/** A text that the page sent. @throws {Refusal} */
export function textField(body: unknown, name: string): string {
  const value = optionalText(body, name);
  if (value === undefined) throw new Refusal(400, "BAD_REQUEST", `The request has no ${name}.`);
  return value;
}

/** The same, if it is there and not empty. @throws {Refusal} */
export function optionalText(body: unknown, name: string): string | undefined {
  const value = typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string") throw new Refusal(400, "BAD_REQUEST", `The field ${name} must be a text.`);
  return value;
}
