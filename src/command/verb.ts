import type { Store } from "../store/store.js";
import type { StorageManager } from "../manager/storage-manager.js";
import type { ExitCode } from "./exit-codes.js";
import type { Output } from "./terminal/output.js";
import type { Description, Planner } from "./open-manager.js";
import type { Progress } from "./terminal/progress.js";
import type { Terminal } from "./terminal/terminal.js";

/** A flag of a verb. */
export interface VerbOption {
  /** As commander writes them: `--limit <n>`. */
  readonly flags: string;
  readonly description: string;
  /** What its value is; default: a text. */
  readonly value?: "bytes" | "count" | "time" | "ttl";
  /** The values that it takes. */
  readonly choices?: readonly string[];
}

/** A verb of the command: what the program, its help, completion and the documentation are made from. */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  /** `[payload]`, `<scope>`: each with what it is. */
  readonly parameters?: readonly { readonly name: string; readonly description: string }[];
  readonly options?: readonly VerbOption[];
  /** Whether it can take something away, or write over it: it asks before, and takes `--dry-run` and `--yes`. */
  readonly changes?: boolean;
  /** Whether it takes `--jsonl`. */
  readonly streams?: boolean;
}

/** What a verb does. @returns the exit code, default 0 */
export type RunVerb = (call: VerbCall) => Promise<ExitCode | undefined>;

/** What a verb works with. */
export interface VerbCall {
  /** Its arguments, in the order of its parameters. */
  readonly args: readonly (string | undefined)[];
  /** Its flags, by their names in camel case. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly terminal: Terminal;
  readonly output: Output;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** The manager that the command line, a file or the environment says. */
  readonly manager: () => Promise<StorageManager>;
  /** The same, for what needs no store: a memory takes the place of one that only a client library could reach. */
  readonly planner: () => Promise<Planner>;
  /** Its store. @throws {StorageError} `STORAGE_DISABLED` */
  readonly store: () => Promise<Store>;
  /** What is known of the place without opening it. */
  readonly description: () => Promise<Description>;
  /** The store of a URL. */
  readonly storeAt: (url: string) => Promise<Store>;
  /** Writes a line to stderr. */
  readonly say: (text: string) => void;
  /** Says how an interrupted run goes on: the flags to add. */
  readonly goOnWith: (flags: string) => void;
}
