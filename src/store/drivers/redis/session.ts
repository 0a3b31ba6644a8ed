import type { DriverCall } from "../driver-store.js";
import type { Redis } from "ioredis";
import { abortable } from "../../../async/abort.js";
import type { Clock } from "../../../async/clock.js";
import { commandsOf, type Send } from "./connection.js";
import { RedisFailure } from "./failure.js";

/**
 * One connection from its greeting to its end. It ends at the first command that takes too long. Redis answers in
 * order, so all other commands wait behind that one. While no call waits for an answer, the connection does not keep
 * the process alive.
 */
export class Session {
  /** Functions that fail the commands without an answer, including those of aborted calls. */
  readonly #unanswered = new Set<(failure: RedisFailure) => void>();
  #waiting = 0;
  #isEnded = false;

  constructor(
    private readonly client: Redis,
    private readonly clock: Clock,
    private readonly commandTimeout: number,
    private readonly cut: () => void,
  ) {
    client.stream.unref();
  }

  get isOpen(): boolean {
    return !this.#isEnded && this.client.status === "ready";
  }

  async run<T>(send: Send<T>, { signal, details }: DriverCall): Promise<T> {
    if (this.#waiting++ === 0) this.client.stream.ref();
    try {
      return await abortable(this.#answer(send), signal, details);
    } finally {
      if (--this.#waiting === 0) this.client.stream.unref();
    }
  }

  end(failure: RedisFailure): void {
    this.#isEnded = true;
    for (const fail of this.#unanswered) fail(failure);
    this.cut();
  }

  async #answer<T>(send: Send<T>): Promise<T> {
    let fail!: (failure: RedisFailure) => void;
    const ended = new Promise<never>((_resolve, reject) => (fail = reject));
    this.#unanswered.add(fail);
    // The timer goes on after an abort, since it detects a server that is gone.
    const timer = this.clock.setTimeout(() => this.end(new RedisFailure("COMMAND_TIMEOUT")), this.commandTimeout);
    (timer as Partial<NodeJS.Timeout> | undefined)?.unref?.();
    try {
      return await Promise.race([send(commandsOf(this.client)), ended]);
    } finally {
      this.clock.clearTimeout(timer);
      this.#unanswered.delete(fail);
    }
  }
}
