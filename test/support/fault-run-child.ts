import { CallLayer } from "../../src/store/layers/call-layer.js";
import type { CallOptions, ObjectInfo, Store } from "../../src/store/store.js";
import { runUnderFaults } from "./fault-run.js";

// A run of a store that forgets a rejection. Prints what is found.

class Forgets extends CallLayer {
  static over(inner: Store): Forgets {
    return new Forgets(inner);
  }

  override stat(path: string, options?: CallOptions): Promise<ObjectInfo | undefined> {
    void Promise.reject(new Error("forgotten"));
    return super.stat(path, options);
  }
}

const run = runUnderFaults({ create: ({ faulty }) => Forgets.over(faulty()), seed: 1, operations: 200 });
process.stdout.write(
  await run.then(
    () => "nothing is found",
    (error: unknown) => (error as Error).message,
  ),
);
