import type { Readable, Writable } from "node:stream";

/** The streams and environment of the program, from the process or from a test. */
export interface Terminal {
  readonly env: NodeJS.ProcessEnv;
  /** The directory of configuration files, and the base of relative paths. */
  readonly cwd: string;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** Aborts the running verb, on Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Says whether a person sits at the terminal and can answer. */
export function isInteractive({ stdin, stderr }: Terminal): boolean {
  // After a typed payload that ended with Ctrl-D, no question can be asked.
  return stdin.isTTY === true && !stdin.readableEnded && stderr.isTTY === true;
}

/** Says whether to colour the text on a stream: https://no-color.org */
export function hasColour(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
}
