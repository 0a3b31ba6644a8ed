import type { Store } from "../store/store.js";
import { assertDirectory } from "./missing-directory.js";
import { usageFailure } from "./failure.js";
import { isStoreUrl } from "./store-url.js";
import type { VerbCall } from "./verb.js";

/** The two stores of a verb that copies or compares. */
export interface TwoStores {
  readonly from: Store;
  readonly to: Store;
}

/** Opens the stores of two URLs. With one URL, the first store is that of the command line. */
export async function twoStores(call: VerbCall): Promise<TwoStores> {
  const [one, other] = call.args as [string, string | undefined];
  for (const place of [one, other]) {
    if (place !== undefined && !isStoreUrl(place)) throw usageFailure("A store is a URL, such as file:///dir.");
  }
  const source = other === undefined ? undefined : one;
  const from = source === undefined ? await call.store() : await call.storeAt(source);
  const to = await call.storeAt(other ?? one);
  await assertDirectory(call, source);
  return { from, to };
}
