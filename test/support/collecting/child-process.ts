import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Answer, ChildOptions, Order } from "./collecting-child.js";

/** Starts a process. @param file the program */
export function startCollecting(file: string, options: ChildOptions): CollectingProcess {
  return new CollectingProcess(fork(file, [JSON.stringify(options)], { execArgv: [], stdio: "inherit" }));
}

/** A process that writes and collects, one order after the other. */
export class CollectingProcess {
  /** The signal that ended it, once it has ended. */
  readonly ended: Promise<NodeJS.Signals | null>;

  constructor(private readonly child: ChildProcess) {
    this.ended = once(child, "exit").then(([, signal]) => signal as NodeJS.Signals | null);
  }

  /** Gives an order, and waits for the next answer. */
  async tell(order: Order): Promise<Answer> {
    this.child.send(order);
    return this.answer();
  }

  /** Gives an order, after which the answer to an earlier one comes. */
  say(order: Order): void {
    this.child.send(order);
  }

  async answer(): Promise<Answer> {
    const [answer] = (await Promise.race([once(this.child, "message"), this.died()])) as [Answer];
    return answer;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async stop(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  private async died(): Promise<never> {
    const signal = await this.ended;
    throw new Error(`The process ended by ${signal}.`);
  }
}
