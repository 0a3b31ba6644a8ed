import type { CallOptions, Store } from "../../store.js";

/** A store whose objects expire unless they are used. */
export interface TouchableStore extends Store {
  /**
   * Renews the object as if it had just been written. Resolves with false when there is none. Rejects as the other
   * methods of a store do. The operation of its errors is `"touch"`.
   */
  touch(path: string, options?: CallOptions): Promise<boolean>;
}

/** Whether a store can renew its objects. */
export function isTouchable(store: Store): store is TouchableStore {
  return "touch" in store && typeof store.touch === "function";
}
