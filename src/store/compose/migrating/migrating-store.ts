import { systemClock } from "../../../async/clock.js";
import { abortable, throwIfAborted } from "../../../async/abort.js";
import { foundOrMissing, isStorageError } from "../../../errors/error.js";
import { restated } from "../../../errors/as-storage-error.js";
import type { Observers } from "../../../observe/observer.js";
import { tell } from "../../../observe/tell.js";
import type { Capability } from "../../capability.js";
import { MAX_PRESIGN_SECONDS, type CallDetails } from "../../check.js";
import { CheckedStore } from "../../checked-store.js";
import { declareOwnStore } from "../../guard/own-stores.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  PresignOptions,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../../store.js";
import { copyThrough } from "../replicas/copy-through.js";
import { mergedListing } from "../replicas/merged-listing.js";
import { commonCapability } from "../replicas/replica-capability.js";
import { allRoute, closeReplicas, replicasOf, type Replica } from "../replicas/replica.js";
import { parseMigratingStoreOptions, type MigratingStoreOptions } from "./options.js";

/**
 * Two stores as one, while their users move from one to the other without a pause. See `docs/moving.md`, and
 * {@link migrate}, which copies what is in `from`.
 *
 * - **Reads** ask the store that is written to, and for `NOT_FOUND` alone then the other one. A store that fails is
 *   no miss.
 * - **Writes** go to `from` in the phase `prepare`, and to `to` in `move` and `drain`.
 * - **Deletes** go to `from`, then to `to`, in every phase. In the other order, an object that is copied meanwhile
 *   would come back. A delete that fails halfway must be called again.
 * - **Listings** are of both stores, each path once. If one store can't be listed, they fail with `UNAVAILABLE`.
 * - **Copies** end in the store that is written to. A URL to read leads to the store that has the object.
 * - In `drain`, the observer hears of each read that `from` had to answer (`migration_miss`). When there are none,
 *   and `migrate` has nothing left to copy, `from` can go.
 *
 * It suits objects that never change, such as those of a manager. If an object is replaced in one phase, another
 * phase may read its old version.
 *
 * `capability` is what both stores have in common. Conditions (`ifNoneMatch`, `ifMatch`) are not offered. Processes
 * in `prepare` and in `move` write to different stores, and no step is atomic over both.
 *
 * `close()` closes both stores.
 *
 * @example
 * const store = new MigratingStore({ from: new FileStore({ root: "/var/lib/payloads" }), to: s3Store, phase: "prepare" });
 * const manager = new StorageManager({ store });
 */
export class MigratingStore extends CheckedStore {
  readonly name = "migrating";
  readonly capability: Readonly<Capability>;
  protected override readonly maxExpiresIn = MAX_PRESIGN_SECONDS;
  /** The stores in the order of reads. */
  readonly #replicas: readonly Replica[];
  /** The store that is written to, and asked first. */
  readonly #first: Store;
  readonly #second: Store;
  readonly #from: Store;
  readonly #to: Store;
  readonly #observer: Observers | undefined;
  readonly #isDraining: boolean;

  /** @throws {StorageError} `CONFIG_INVALID` that names each option which is wrong */
  constructor(options: MigratingStoreOptions) {
    super();
    const { from, to, phase, observer } = parseMigratingStoreOptions(options);
    this.#replicas = replicasOf(phase === "prepare" ? { from, to } : { to, from });
    const [first, second] = this.#replicas.map(({ store }) => store) as [Store, Store];
    [this.#first, this.#second] = [first, second];
    [this.#from, this.#to] = phase === "prepare" ? [first, second] : [second, first];
    this.capability = Object.freeze(commonCapability(this.#replicas));
    this.#observer = observer;
    this.#isDraining = phase === "drain";
  }

  routes(scheme: string): boolean {
    return allRoute(this.#replicas, scheme);
  }

  protected writeChecked(
    path: string,
    body: StoreBody,
    options: WriteOptions,
    details: CallDetails,
  ): Promise<ObjectInfo> {
    return abortable(this.#first.write(path, body, options), options.signal, details);
  }

  protected async readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    const found = await foundOrMissing(readOf(this.#first, path, options, details));
    return found ?? this.#readSecond(path, options, details);
  }

  protected async statChecked(
    path: string,
    options: CallOptions,
    details: CallDetails,
  ): Promise<ObjectInfo | undefined> {
    const found = await abortable(this.#first.stat(path, options), options.signal, details);
    if (found !== undefined) return found;
    const late = await abortable(this.#second.stat(path, options), options.signal, details);
    if (late !== undefined) this.#tellMiss(details);
    return late;
  }

  protected async deleteChecked(path: string, options: DeleteOptions, details: CallDetails): Promise<void> {
    // A copier takes its copy back if the object is gone from the old store. A copy that it wrote before is deleted
    // here.
    for (const store of [this.#from, this.#to]) {
      throwIfAborted(options.signal, details);
      await foundOrMissing(abortable(store.delete(path, options), options.signal, details));
    }
  }

  protected async *listChecked(prefix: string, options: ListOptions, details: CallDetails): AsyncIterable<ObjectInfo> {
    const limits = { clock: systemClock, timeout: undefined };
    const call = { details, signal: options.signal, limits, observer: this.#observer };
    yield* mergedListing(this.#replicas, prefix, options, call);
  }

  protected async copyChecked(
    from: string,
    to: string,
    options: CallOptions,
    details: CallDetails,
  ): Promise<ObjectInfo> {
    const { signal } = options;
    const copied = await foundOrMissing(abortable(this.#first.copy(from, to, options), signal, details));
    if (copied !== undefined) return copied;
    try {
      const result = await this.#readSecond(from, options, details);
      return await copyThrough({ result, digest: undefined }, this.capability, signal, (body, attributes) =>
        abortable(this.#first.write(to, body, attributes), signal, details),
      );
    } catch (error) {
      throw isStorageError(error) ? restated(error, { operation: "copy" }) : error;
    }
  }

  /**
   * Makes a URL. A `GET` URL leads to the store that has the object, or to the one that is written to if none has
   * it. A `PUT` URL leads to the store that is written to.
   */
  protected async presignChecked(path: string, options: PresignOptions, details: CallDetails): Promise<string> {
    if (options.method === "GET" && (await this.#isOnlyInSecond(path))) {
      this.#tellMiss(details);
      return this.#second.presign(path, options);
    }
    return this.#first.presign(path, options);
  }

  async close(): Promise<void> {
    await closeReplicas(this.#replicas);
  }

  async #readSecond(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    throwIfAborted(options.signal, details);
    const result = await readOf(this.#second, path, options, details);
    this.#tellMiss(details);
    return result;
  }

  async #isOnlyInSecond(path: string): Promise<boolean> {
    return (await this.#first.stat(path)) === undefined && (await this.#second.stat(path)) !== undefined;
  }

  #tellMiss({ operation }: CallDetails): void {
    if (this.#isDraining) tell(this.#observer, "migration_miss", this.name, { during: operation, replica: "from" });
  }

  static {
    declareOwnStore(this);
  }
}

function readOf(store: Store, path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
  return abortable(store.read(path, options), options.signal, details, (late) => late.cancel());
}
