import { isDeepStrictEqual } from "node:util";
import { StorageError } from "../../errors/error.js";
import type { StorageManager } from "../../manager/storage-manager.js";
import type { ManagerMethod } from "./manager-methods.js";
import { snapshot } from "./snapshot.js";

/** One call of a {@link RecordingManager}. */
export interface RecordedCall<Method extends ManagerMethod = ManagerMethod> {
  readonly method: Method;
  /** The arguments as they were when the call was made; see {@link RecordingManager}. */
  readonly args: Parameters<StorageManager[Method]>;
  /** `pending` until the call has ended. A listing ends when it was read to its end, or given up. */
  outcome: "pending" | "success" | "error";
  /** The result; for a listing, the items that were read. */
  value?: unknown;
  /** The error. */
  error?: unknown;
  /** The tenant of the called manager, if the manager comes from `forTenant`. */
  readonly tenant?: string;
}

/**
 * Says which calls of a method are meant. It is a function of their arguments, or a value that equals their first
 * argument.
 */
export type CallMatch<Method extends ManagerMethod> =
  | ((...args: Parameters<StorageManager[Method]>) => boolean)
  | Exclude<Parameters<StorageManager[Method]>[0], undefined>;

/** The answer to a call in place of the manager's own answer. */
export interface PlannedAnswer {
  readonly value?: unknown;
  readonly error?: unknown;
  readonly fails: boolean;
}

interface Plan extends PlannedAnswer {
  readonly method: ManagerMethod;
  readonly match: unknown;
}

/** All calls of a manager and of its tenants' managers, and the answers that are planned for them. */
export class CallJournal {
  readonly calls: RecordedCall[] = [];
  /** Paths that were passed to `writeBlob`. */
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

  /** Returns the answer that was planned last for such a call. A matcher that throws makes the call fail. */
  answerTo(method: ManagerMethod, args: readonly unknown[]): PlannedAnswer | undefined {
    try {
      return this.#plans.findLast((plan) => plan.method === method && fits(plan, args));
    } catch (error) {
      return { fails: true, error };
    }
  }

  /** Forgets calls and plans, but not the paths of blobs. */
  reset(): void {
    this.calls.length = 0;
    this.#plans = [];
  }
}

function fits({ method, match }: Plan, args: readonly unknown[]): boolean {
  if (match === undefined) return true;
  if (typeof match !== "function") return isDeepStrictEqual(match, args[0]);
  try {
    return (match as (...all: readonly unknown[]) => unknown)(...args) === true;
  } catch (cause) {
    const message = `The matcher ${match.name}(...) of when(${JSON.stringify(method)}) threw: see the cause. It must return true or false for all calls of ${method}.`;
    throw new StorageError("CONFIG_INVALID", message, { operation: "configure", cause });
  }
}

/** Records the result of a call. */
export function succeed<T>(call: RecordedCall, value: T): T {
  call.outcome = "success";
  call.value = snapshot(value);
  return value;
}

/** Records the error of a call. */
export function fail(call: RecordedCall, error: unknown): void {
  call.outcome = "error";
  call.error = error;
}
