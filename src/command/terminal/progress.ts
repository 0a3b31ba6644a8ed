import type { Terminal } from "./terminal.js";

const INTERVAL = 100;

/** One line on stderr that tells a person how far something is. A pipe sees nothing of it. */
export class Progress {
  readonly #terminal: Terminal;
  #shown = -Infinity;
  #isThere = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** @param text is asked for a few times a second at most */
  show(text: () => string): void {
    const { stderr } = this.#terminal;
    if (stderr.isTTY !== true) return;
    const now = performance.now();
    if (now - this.#shown < INTERVAL) return;
    this.#shown = now;
    this.#isThere = true;
    stderr.write(`\r\u001b[K${text()}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isThere) this.#terminal.stderr.write("\r\u001b[K");
    this.#isThere = false;
  }
}
