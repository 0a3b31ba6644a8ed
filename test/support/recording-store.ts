import type { Capability } from "../../src/store/capability.js";
import type { Store } from "../../src/store/store.js";
import { TappedStore, type StoreCall, type TappedOperation } from "./tapped-store.js";

/** Writes down every call. */
export class RecordingStore extends TappedStore {
  readonly calls: StoreCall[] = [];

  constructor(inner?: Store, capability?: Partial<Capability>) {
    super(
      (call, proceed) => {
        this.calls.push(call);
        return proceed();
      },
      inner,
      capability,
    );
  }

  /** The paths of the calls of one operation, in their order. */
  paths(operation: TappedOperation): string[] {
    return this.calls.filter((call) => call.operation === operation).map(({ path }) => path);
  }
}
