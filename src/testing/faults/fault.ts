import type { StorageErrorCode } from "../../errors/error.js";

/** An operation of the store that a fault can strike. `"read"` includes the body, and `"list"` includes the entries. */
export type FaultOperation = "write" | "read" | "stat" | "delete" | "list" | "copy" | "presign" | "close";

/**
 * The moments:
 * - `"before"`: nothing was done, and nothing was read of a body to be written.
 * - `"during"`: some bytes or entries have come, others have not. Only for `write`, `read` and `list`. A write whose
 *   body is complete in memory has no middle. There, the moment is just before the effect.
 * - `"after"`: everything was done, but the caller does not know yet. For a `read`, the body has not begun. For a
 *   `list`, all entries have come.
 */
export type FaultMoment = "before" | "during" | "after";

/** The kinds of failures. */
export type Fault =
  /** The call fails with this code. `retryable` has the default of the code. */
  | { error: StorageErrorCode }
  /** Milliseconds that the call takes longer, by the store's clock. An abort ends the wait. */
  | { delay: number }
  /** The call hangs until its signal fires (`ABORTED`) or its body is given up. */
  | { hang: true }
  /**
   * The body ends after this many bytes. With `true`, the seed decides where. The body ends as if it were complete,
   * like that of a cut connection, or breaks off with `error`. For a `write`, the store below gets the short body,
   * with the size and digest that the caller declared.
   */
  | { truncate: number | true; error?: StorageErrorCode }
  /** One bit of the byte at this offset of the body is flipped. With `true`, the seed decides which byte. */
  | { flip: number | true }
  /**
   * The operation takes effect, but the call fails with `UNAVAILABLE` or the given code. For `write`, `delete` and
   * `copy`.
   */
  | { lostAcknowledgement: true | "UNAVAILABLE" | "TIMEOUT" }
  /**
   * The listing ends after this many entries as if it were complete, or breaks off with `error`. With `true`, after 0
   * to 7 entries.
   */
  | { partialList: number | true; error?: StorageErrorCode };

/** The name of a {@link Fault}: its first key. */
export type FaultKind = "error" | "delay" | "hang" | "truncate" | "flip" | "lostAcknowledgement" | "partialList";

/** One entry of `FaultStore`'s option `faults`. */
export interface FaultRule {
  /**
   * The operations to strike. Default: all that the fault can strike. But `close`, and `write` for `truncate` and
   * `flip`, are struck only by name.
   */
  on?: FaultOperation | readonly FaultOperation[] | undefined;
  /**
   * Default `"before"`. `truncate`, `flip` and `partialList` are always `"during"`, and `lostAcknowledgement` is
   * always `"after"`.
   */
  when?: FaultMoment | undefined;
  /** The share of the calls to strike, 0 to 1. Default 1: all calls. */
  rate?: number | undefined;
  /** Maximum number of calls to strike. Without `rate` these are the first calls. Default: any number. */
  times?: number | undefined;
  /**
   * The calls to strike, counted from 1 over all calls that `on` and `path` match. Not together with `rate` or
   * `times`.
   */
  calls?: readonly number[] | undefined;
  /**
   * Strikes only calls on this path, or on a path that the expression or function matches. For a `copy`, one of both
   * paths must match; for a `list`, the prefix. Default: any path.
   */
  path?: string | RegExp | ((path: string) => boolean) | undefined;
  /** The fault that happens. */
  fault: Fault;
}

/** A fault that really happened: a truncation that cut something off, or an error that was thrown. */
export interface InjectedFault {
  kind: FaultKind;
  operation: FaultOperation;
  when: FaultMoment;
  /** The path, or the prefix of a listing. For a `copy` it is the source path, for `close` it is `""`. */
  path: string;
  /** Index of the rule in `faults`. */
  rule: number;
}
