import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { Store } from "../../src/store/store.js";
import { TappedStore, type StoreCall } from "./tapped-store.js";

/** A store that works until its n-th call: what that does is done, but its answer hangs, whatever its signal says. */
export class StuckStore extends TappedStore {
  /** Resolves with the call that hangs. */
  readonly stuck: Promise<StoreCall>;
  /** Calls that gave up the rest of a body. */
  cancelled = 0;
  /** Lets the hanging call end after all: well, or with an error. */
  finish: (error?: Error) => void = () => undefined;

  /** @param hangsAt number of the call that hangs, counted from 0; what frees something does not count */
  constructor(hangsAt: number, inner: Store = new MemoryStore()) {
    let calls = 0;
    let reportStuck: (call: StoreCall) => void = () => undefined;
    const tap = async <T>(call: StoreCall, proceed: () => Promise<T>): Promise<T> => {
      if (call.operation === "cancel") this.cancelled++;
      if (["cancel", "return", "close"].includes(call.operation)) return proceed();
      if (calls++ !== hangsAt) return proceed();
      const answer = await proceed();
      return new Promise<T>((resolve, reject) => {
        this.finish = (error) => (error === undefined ? resolve(answer) : reject(error));
        reportStuck(call);
      });
    };
    super(tap, inner);
    this.stuck = new Promise((resolve) => (reportStuck = resolve));
  }
}
