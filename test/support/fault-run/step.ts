import type { StorageError, StorageErrorCode } from "../../../src/errors/error.js";
import type { Store } from "../../../src/store/store.js";
import type { State } from "./version.js";

/** What a call brought. */
export type Outcome<T> = { value: T } | { error: StorageError };

/** What a step is judged by, and what it says is possible afterwards. */
export interface Judgement {
  /** What could be at a path when the batch of the step began. */
  before(path: string): readonly State[];
  /** The same, and what the steps of the batch may have brought since. */
  possible(path: string): readonly State[];
  /** Whether what a step has seen at a path that it holds stays. */
  readonly seenStays: boolean;
  /** What can be there now. Only for a path that the step holds. */
  settle(path: string, states: readonly State[]): void;
  /** The step has seen one of these there. Heeded where nobody was changing the path meanwhile. */
  seen(path: string, states: readonly State[]): void;
}

/** One call of a store, and how it is judged. */
export interface Step<T = unknown> {
  readonly verb: "write" | "read" | "stat" | "delete" | "list" | "copy";
  readonly label: string;
  /** The paths that it is about; of a listing none. */
  readonly paths: readonly string[];
  /** The paths that it changes: no other step of its batch does. */
  readonly holds: readonly string[];
  /** What it may put at the last path that it holds. */
  readonly brings: readonly State[];
  /** Codes that it may fail with, beside those of faults. */
  readonly codes: readonly StorageErrorCode[];
  run(store: Store, signal: AbortSignal): Promise<T>;
  /** @throws {Violation} when no store may do this */
  judge(outcome: Outcome<T>, judgement: Judgement): void;
}
