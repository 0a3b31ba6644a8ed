import type { Store } from "../store/store.js";
import { usageFailure } from "./failure.js";
import { isStoreUrl } from "./store-url.js";
import type { VerbCall } from "./verb.js";

/** Two stores, of a verb that goes from one to the other. */
export interface TwoStores {
  readonly from: Store;
  readonly to: Store;
}

/** The stores of two URLs; of one, that of the command line and that. */
export async function twoStores(call: VerbCall): Promise<TwoStores> {
  const [one, other] = call.args as [string, string | undefined];
  for (const place of [one, other]) {
    if (place !== undefined && !isStoreUrl(place)) throw usageFailure("A store is a URL, such as file:///dir.");
  }
  const from = other === undefined ? await call.store() : await call.storeAt(one);
  return { from, to: await call.storeAt(other ?? one) };
}
