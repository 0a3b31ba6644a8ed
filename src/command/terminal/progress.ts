import type { Terminal } from "./terminal.js";

const INTERVAL = 100;

/** Line on stderr that shows progress to a person. Writes nothing to a pipe. */
export class Progress {
  readonly #terminal: Terminal;
  #shown = -Infinity;
  #isThere = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /**
   * Shows the progress.
   *
   * @param text called at most a few times per second
   */
  show(text: () => string): void {
    const { stderr } = this.#terminal;
    if (stderr.isTTY !== true) return;
    const now = performance.now();
    if (now - this.#shown < INTERVAL) return;
    this.#shown = now;
    this.#isThere = true;
    stderr.write(`\r\u001b[K${text()}`);
  }

  /** Removes the line. */
  end(): void {
    if (this.#isThere) this.#terminal.stderr.write("\r\u001b[K");
    this.#isThere = false;
  }
}
