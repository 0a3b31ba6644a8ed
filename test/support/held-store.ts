import type { Store } from "../../src/store/store.js";
import { turn } from "./turn.js";
import { TappedStore, type StoreCall, type TappedOperation } from "./tapped-store.js";

/** A call that waits for the test. It does not heed its signal. */
export interface HeldCall extends StoreCall {
  /** Lets the inner store do it. */
  release(): void;
  fail(error: Error): void;
}

/** Holds every call of some operations until the test lets it go. */
export class HeldStore extends TappedStore {
  /** All that were ever held, in the order in which they came. */
  readonly held: HeldCall[] = [];
  /** Held and not let go yet. */
  waiting = 0;
  private readonly listeners = new Set<() => void>();

  constructor(operations: readonly TappedOperation[], inner?: Store) {
    super((call, proceed) => (operations.includes(call.operation) ? this.hold(call, proceed) : proceed()), inner);
  }

  /** Resolves once `count` calls have come in all, and all that was under way then has gone on as far as it can. */
  async until(count: number): Promise<void> {
    while (this.held.length < count) {
      await new Promise<void>((resolve) => this.listeners.add(resolve));
    }
    await turn();
  }

  private hold<T>(call: StoreCall, proceed: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting++;
      const letGo = (settle: () => void): void => {
        this.waiting--;
        settle();
      };
      this.held.push({
        ...call,
        release: () => letGo(() => resolve(proceed())),
        fail: (error) => letGo(() => reject(error)),
      });
      for (const listener of this.listeners) listener();
      this.listeners.clear();
    });
  }
}
