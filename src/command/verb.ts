import type { Store } from "../store/store.js";
import type { ExitCode } from "./exit-codes.js";
import type { Output } from "./terminal/output.js";
import type { OpenManagers } from "./open-manager.js";
import type { Progress } from "./terminal/progress.js";
import type { Terminal } from "./terminal/terminal.js";

/** A flag of a verb. */
export interface VerbOption {
  /** The flag in commander's syntax: `--limit <n>`. */
  readonly flags: string;
  readonly description: string;
  /** Type of the value. Default: a text. */
  readonly value?: "bytes" | "count" | "time" | "ttl";
  /** The allowed values. */
  readonly choices?: readonly string[];
}

/** A verb of the command. The program, help, completion and documentation are made from verbs. */
export interface Verb {
  readonly name: string;
  readonly summary: string;
  /** Parameters, such as `[payload]` or `<scope>`, each with a description. */
  readonly parameters?: readonly { readonly name: string; readonly description: string }[];
  readonly options?: readonly VerbOption[];
  /** Whether the verb can delete or overwrite objects. It then asks first, and takes `--dry-run` and `--yes`. */
  readonly changes?: boolean;
  /** Whether the verb takes `--jsonl`. */
  readonly streams?: boolean;
}

/**
 * Function that runs a verb.
 *
 * @returns the exit code, default 0
 */
export type RunVerb = (call: VerbCall) => Promise<ExitCode | undefined>;

/** The input of a verb, and what the verb may use. */
export interface VerbCall extends Pick<OpenManagers, "manager" | "planner" | "description" | "storeAt" | "storageOf"> {
  /** Arguments, in the order of the verb's parameters. */
  readonly args: readonly (string | undefined)[];
  /** Flags, by name in camel case. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly terminal: Terminal;
  readonly output: Output;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Opens the manager's store. @throws {StorageError} `STORAGE_DISABLED` */
  readonly store: () => Promise<Store>;
  /** Writes a line to stderr. */
  readonly say: (text: string) => void;
  /** Sets the flags with which an interrupted run continues. They are printed on an interruption. */
  readonly goOnWith: (flags: string) => void;
}
