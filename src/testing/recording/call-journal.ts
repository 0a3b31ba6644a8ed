import { isDeepStrictEqual } from "node:util";
import type { StorageManager } from "../../manager/storage-manager.js";
import type { ManagerMethod } from "./manager-methods.js";
import { snapshot } from "./snapshot.js";

/** One call of a {@link RecordingManager}. */
export interface RecordedCall<Method extends ManagerMethod = ManagerMethod> {
  readonly method: Method;
  /** As they were when the call was made: see {@link RecordingManager}. */
  readonly args: Parameters<StorageManager[Method]>;
  /** `pending` until it has ended; a listing ends when it was read to its end, or given up. */
  outcome: "pending" | "success" | "error";
  /** What it gave: of a listing, the items that were read. */
  value?: unknown;
  /** What it failed with. */
  error?: unknown;
  /** The tenant of the manager that was called, if it is one of `forTenant`. */
  readonly tenant?: string;
}

/** Which calls of a method are meant: a function of their arguments, or what their first argument is equal to. */
export type CallMatch<Method extends ManagerMethod> =
  | ((...args: Parameters<StorageManager[Method]>) => boolean)
  | Exclude<Parameters<StorageManager[Method]>[0], undefined>;

/** What a call is answered with in place of the manager's own answer. */
export interface PlannedAnswer {
  readonly value?: unknown;
  readonly error?: unknown;
  readonly fails: boolean;
}

interface Plan extends PlannedAnswer {
  readonly method: ManagerMethod;
  readonly match: unknown;
}

/** All calls of a manager and of those of its tenants, and the answers that are planned for them. */
export class CallJournal {
  readonly calls: RecordedCall[] = [];
  /** Paths that `writeBlob` was given. */
  readonly blobs = new Set<unknown>();
  #plans: Plan[] = [];

  begin(method: ManagerMethod, args: readonly unknown[], tenant: string | undefined): RecordedCall {
    const own = args.map(snapshot) as RecordedCall["args"];
    const call: RecordedCall = { method, args: own, outcome: "pending", ...(tenant !== undefined && { tenant }) };
    this.calls.push(call);
    if (method === "writeBlob") this.blobs.add(args[0]);
    return call;
  }

  plan(method: ManagerMethod, match: unknown, answer: PlannedAnswer): void {
    this.#plans.push({ method, match: typeof match === "function" ? match : snapshot(match), ...answer });
  }

  /** The answer that was planned last for such a call. */
  answerTo(method: ManagerMethod, args: readonly unknown[]): PlannedAnswer | undefined {
    return this.#plans.findLast((plan) => plan.method === method && fits(plan.match, args));
  }

  /** Blobs are still blobs. */
  reset(): void {
    this.calls.length = 0;
    this.#plans = [];
  }
}

function fits(match: unknown, args: readonly unknown[]): boolean {
  if (match === undefined) return true;
  if (typeof match === "function") return (match as (...all: readonly unknown[]) => unknown)(...args) === true;
  return isDeepStrictEqual(match, args[0]);
}

/** Notes what a call gave. */
export function succeed<T>(call: RecordedCall, value: T): T {
  call.outcome = "success";
  call.value = snapshot(value);
  return value;
}

/** Notes what a call failed with. */
export function fail(call: RecordedCall, error: unknown): void {
  call.outcome = "error";
  call.error = error;
}
