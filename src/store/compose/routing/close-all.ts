import { StorageError, isStorageError } from "../../../errors/error.js";
import type { Store } from "../../store.js";

/**
 * Closes every store, also when others fail to close.
 *
 * @throws {StorageError} the failure, or one whose cause is an `AggregateError` of several
 */
export async function closeAll(stores: readonly Store[], name: string): Promise<void> {
  const closings = [...new Set(stores)].map(async (store) => store.close());
  const settled = await Promise.allSettled(closings);
  const failures = settled.flatMap((closing) => (closing.status === "rejected" ? [closing.reason as unknown] : []));
  if (failures.length === 0) return;
  const [first] = failures;
  if (failures.length === 1 && isStorageError(first)) throw first;
  throw new StorageError("UNEXPECTED", "Stores failed to close; see the cause.", {
    operation: "close",
    store: name,
    cause: failures.length === 1 ? first : new AggregateError(failures),
  });
}
