import type { StorageErrorCode } from "../../errors/error.js";

/** What a fault can strike: a verb of the store. `"read"` and `"list"` have their body and their entries with them. */
export type FaultOperation = "write" | "read" | "stat" | "delete" | "list" | "copy" | "presign" | "close";

/**
 * - `"before"`: nothing has been done, and nothing of a body to be written has been read.
 * - `"during"`: some bytes or entries have come, others have not. Only of `write`, `read` and `list`. A write whose body
 *   is there as a whole has no middle: there it is just before the effect.
 * - `"after"`: everything has been done, but the caller does not know yet. Of a `read`, the body has not begun; of a
 *   `list`, all entries have come.
 */
export type FaultMoment = "before" | "during" | "after";

/** What goes wrong. */
export type Fault =
  /** The call fails with this code; its `retryable` is what the code has. */
  | { error: StorageErrorCode }
  /** Milliseconds that the call takes longer, by the store's clock. An abort ends the wait. */
  | { delay: number }
  /** The call goes on only when its signal fires (`ABORTED`) or its body is given up: else never. */
  | { hang: true }
  /**
   * The body ends after this many bytes; `true`: at a place that the seed decides. It ends as if that were all, as a
   * connection does that was cut, or breaks off with `error`. Of a `write`, the store below gets the short body, with the
   * size and digest that the caller declared.
   */
  | { truncate: number | true; error?: StorageErrorCode }
  /** One bit of the byte at this offset of the body is another one; `true`: of a byte that the seed decides. */
  | { flip: number | true }
  /** The effect is there, and the call says `UNAVAILABLE` (or this) all the same. Of `write`, `delete` and `copy`. */
  | { lostAcknowledgement: true | "UNAVAILABLE" | "TIMEOUT" }
  /** The listing ends after this many entries, `true`: 0 to 7, as if these were all, or breaks off with `error`. */
  | { partialList: number | true; error?: StorageErrorCode };

/** The name of a {@link Fault}: its first key. */
export type FaultKind = "error" | "delay" | "hang" | "truncate" | "flip" | "lostAcknowledgement" | "partialList";

/** One line of `FaultStore`'s option `faults`. */
export interface FaultRule {
  /**
   * The operations to strike. Default: all that the fault can strike, but `close` and (for `truncate` and `flip`) `write`
   * only by name.
   */
  on?: FaultOperation | readonly FaultOperation[] | undefined;
  /**
   * Default `"before"`. `truncate`, `flip` and `partialList` are always `"during"`, and `lostAcknowledgement` is always
   * `"after"`.
   */
  when?: FaultMoment | undefined;
  /** The share of the calls to strike, 0 to 1. Default 1: all. */
  rate?: number | undefined;
  /** The most calls to strike. Without `rate`: the first ones. Default: any number. */
  times?: number | undefined;
  /** The calls to strike, counted from 1 over all that `on` and `path` match. Not together with `rate` or `times`. */
  calls?: readonly number[] | undefined;
  /**
   * Only calls on this path, or on one that the expression or function matches. Of a `copy` one of both paths must match;
   * of a `list` the prefix. Default: any.
   */
  path?: string | RegExp | ((path: string) => boolean) | undefined;
  /** What happens then. */
  fault: Fault;
}

/** A fault that really happened: a truncation that cut something off, an error that was thrown. */
export interface InjectedFault {
  kind: FaultKind;
  operation: FaultOperation;
  when: FaultMoment;
  /** Path, or prefix of a listing; of a `copy`, that of the source; `""` of `close`. */
  path: string;
  /** Index of the rule in `faults`. */
  rule: number;
}
