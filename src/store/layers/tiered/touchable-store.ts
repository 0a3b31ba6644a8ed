import type { CallOptions, Store } from "../../store.js";

/** A store whose objects expire unless they are used. */
export interface TouchableStore extends Store {
  /**
   * Lets the object live on as if it had just been written. Resolves with false when there is none. Rejects as the other
   * methods of a store do; the operation of its errors is `"touch"`.
   */
  touch(path: string, options?: CallOptions): Promise<boolean>;
}

/** Whether a store can let its objects live on. */
export function isTouchable(store: Store): store is TouchableStore {
  return "touch" in store && typeof store.touch === "function";
}
