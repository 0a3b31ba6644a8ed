import type { Readable, Writable } from "node:stream";

/** What the program reads and writes: those of the process, or those of a test. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  /** Where configuration files are looked for, and what relative paths start at. */
  readonly cwd: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Aborts what runs: Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Whether a person sits before it, who can be asked. */
export function isInteractive({ stdin, stderr }: Terminal): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** Whether to colour what is written to a stream: https://no-color.org */
export function hasColour(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
}
