import { CheckedStore } from "../../checked-store.js";
import { declareOwnStore } from "../../guard/own-stores.js";
import { abortable } from "../../../async/abort.js";
import { type Capability } from "../../capability.js";
import { checkList, checkRead, type CallDetails } from "../../check.js";
import { assertKnown, type Names } from "../../call-options.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  PresignOptions,
  ReadOptions,
  ReadResult,
  StoreBody,
  WriteOptions,
} from "../../store.js";
import { StorageError } from "../../../errors/error.js";
import { notify } from "../../../observe/notify.js";
import { copyThrough } from "../replicas/copy-through.js";
import { deleteAll } from "../replicas/delete-all.js";
import { holdBody } from "../replicas/held-body.js";
import { mergedListing } from "../replicas/merged-listing.js";
import { commonCapability } from "../replicas/replica-capability.js";
import { ReplicaReader, type Course } from "../replicas/replica-reader.js";
import { allRoute, closeReplicas, replicasOf, type Replica } from "../replicas/replica.js";
import { digestTold, withKnownDigest } from "../replicas/stored-digest.js";
import { BackgroundChanges } from "./background-changes.js";
import { MissedWrites } from "./missed-writes.js";
import {
  neededOf,
  parseReplicatedStoreOptions,
  type ReplicatedSettings,
  type ReplicatedStoreOptions,
} from "./options.js";
import { PathOrder } from "./path-order.js";
import { repairObject, type RepairReport } from "./repair.js";
import { scrubObjects, type ScrubReport } from "./scrub.js";
import { writeCopies, type ChangeLog, type ReplicatedWriteInfo } from "./write-copies.js";

/** Options of {@link ReplicatedStore.repair}. */
export interface RepairOptions extends CallOptions {
  /**
   * Whether the copy with the latest `lastModified` is the right one if nothing else decides between copies that
   * differ. Default `false`: such copies are reported, and left as they are. The clocks of stores differ.
   */
  newest?: boolean | undefined;
}

/** Options of {@link ReplicatedStore.scrub}. */
export interface ScrubOptions extends RepairOptions {
  /**
   * Path after which the scrub begins: the `last` of a scrub that was interrupted, or the last path of `onProgress`.
   */
  startAfter?: string | undefined;
  /** Is called with the report of each object, in the order of their paths. What it throws is ignored. */
  onProgress?: ((report: RepairReport) => void) | undefined;
}

const REPAIR: Names<RepairOptions> = { newest: true, signal: true };
const SCRUB: Names<ScrubOptions> = { ...REPAIR, startAfter: true, onProgress: true };

/**
 * Writes every object to several stores, and reads it from the first that has it whole. See
 * `docs/stores/replicated.md`.
 *
 * - **Writes** go to all stores at once. A stream is read once. They are acknowledged when every store has taken
 *   them, or with `acknowledge` when a majority or one store has. The other stores go on, and `close()` waits for
 *   them. `replicas` of the result gives the outcome of each copy. A write that too few stores took is `UNAVAILABLE`.
 *   If all stores failed with the same code, it has that code. The `replicas` of its `cause`, a
 *   {@link ReplicaErrors}, says which stores have the object in spite of that. Write it again. Changes of one path
 *   are made in the same order in every store, as far as this process makes them.
 * - **Reads** ask the stores in order, and hand out only whole objects, as {@link FailoverStore} does. A store that
 *   has not taken the last write that this process acknowledged is not asked.
 * - **Deletes** and **listings** need every store, whatever `acknowledge` says. A copy that stays would come back.
 * - **{@link ReplicatedStore.repair}** and **{@link ReplicatedStore.scrub}** find copies that are missing or differ,
 *   and mend them.
 *
 * `capability` is what all stores have in common. Over more than one store, conditions and `presign` are not
 * supported, since a URL would write one copy only. After `close()`, each store is closed once the writes in flight to
 * it are done.
 *
 * @example
 * const store = new ReplicatedStore({ stores: { eu: euStore, us: usStore }, acknowledge: "first" });
 * const { replicas } = await store.write("a", "content"); // { eu: "written", us: "pending" }
 * await store.scrub("");
 */
export class ReplicatedStore extends CheckedStore<ReplicatedWriteInfo> {
  readonly name = "replicated";
  readonly capability: Readonly<Capability>;
  readonly #settings: ReplicatedSettings;
  readonly #replicas: readonly Replica[];
  readonly #reader: ReplicaReader;
  readonly #log: ChangeLog;

  /** @throws {StorageError} `CONFIG_INVALID` that names each option which is wrong */
  constructor(options: ReplicatedStoreOptions) {
    super();
    this.#settings = parseReplicatedStoreOptions(options);
    this.#replicas = replicasOf(this.#settings.stores);
    const common = commonCapability(this.#replicas);
    const presign = common.presign && this.#replicas.length === 1;
    this.capability = Object.freeze({ ...common, copy: common.read && common.write, presign });
    this.#reader = new ReplicaReader(this.#settings);
    this.#log = {
      replicas: this.#replicas,
      needed: neededOf(this.#settings.acknowledge, this.#replicas.length),
      window: this.#settings.maxBufferSize,
      order: new PathOrder(),
      missed: new MissedWrites(),
      background: new BackgroundChanges(),
    };
  }

  routes(scheme: string): boolean {
    return allRoute(this.#replicas, scheme);
  }

  protected async readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    return this.#reader.read(this.#courseOf(path), path, options, details);
  }

  protected async statChecked(
    path: string,
    options: CallOptions,
    details: CallDetails,
  ): Promise<ObjectInfo | undefined> {
    return (await this.#reader.find(this.#courseOf(path), path, options, details))?.info;
  }

  protected async deleteChecked(path: string, options: DeleteOptions, details: CallDetails): Promise<void> {
    const call = this.#reader.callOf(details, options.signal);
    const { missed, order } = this.#log;
    // After the delete, no store holds an old version. But a write that came after it may be acknowledged before the
    // delete ends.
    const deleted = missed.begin(path, []);
    try {
      await deleteAll(this.#replicas, path, options, call, (replica, change) =>
        abortable(order.run([replica], path, change), options.signal, details),
      );
      for (const replica of this.#replicas) missed.taken(deleted, replica);
    } finally {
      missed.end(deleted);
    }
  }

  protected async *listChecked(prefix: string, options: ListOptions, details: CallDetails): AsyncIterable<ObjectInfo> {
    const { missed } = this.#log;
    const call = this.#reader.callOf(details, options.signal);
    yield* mergedListing(this.#replicas, prefix, options, call, (path, replica) => !missed.has(path, replica));
  }

  /**
   * Reads the object and writes it to every store, as `write` does. A copy inside each store would also copy old
   * versions and corrupt bytes.
   */
  protected async copyChecked(
    from: string,
    to: string,
    options: CallOptions,
    details: CallDetails,
  ): Promise<ReplicatedWriteInfo> {
    const source = await this.#reader.open(this.#courseOf(from), from, options, details);
    return copyThrough(source, this.capability, options.signal, (body, attributes) =>
      this.writeChecked(to, body, attributes, { ...details, path: to }),
    );
  }

  /** Returns a URL of the only store. Over more stores, presign is not supported. */
  protected presignChecked(path: string, options: PresignOptions): Promise<string> {
    return this.#replicas[0]!.store.presign(path, options);
  }

  /**
   * Reads every copy of an object, and mends those that are missing or wrong. The first rule that applies decides
   * which version is right:
   *
   * 1. The version whose digest the path tells.
   * 2. The version that all sound copies hold.
   * 3. Unless `acknowledge` is `"first"`, the version that more than half of all stores hold.
   * 4. The newest version, if the caller asked for it.
   *
   * A copy is sound if its bytes have the digest that was stored with it. If no rule decides, nothing is done.
   * Nothing is ever deleted. A copy is only replaced if it is still the one that was found wrong. This is atomic if
   * its store has conditions.
   *
   * @throws {StorageError} `INVALID_PATH`, `ABORTED`. The errors of stores are in the report.
   */
  async repair(path: string, options: RepairOptions = {}): Promise<RepairReport> {
    assertKnown(REPAIR, options, { operation: "repair", store: this.name, path });
    const details = { ...checkRead(this, path, { signal: options.signal }), operation: "repair" };
    const { missed, order } = this.#log;
    const { maxBufferSize, digest, storeDigest, acknowledge } = this.#settings;
    const call = this.#reader.callOf(details, options.signal);
    const told = digestTold(path, 0, digest, details);
    // The repair says nothing about writes that come after it.
    const asked = missed.begin(path, []);
    const repairing = order.run(this.#replicas, path, async () => {
      const request = { path, range: {}, details, maxBufferSize, verifyRanges: false, digestOf: digest };
      const report = await repairObject(request, call, {
        replicas: this.#replicas,
        reader: this.#reader,
        rules: { told, acknowledge, newest: options.newest ?? false },
        storeDigest,
        isOutdated: (replica) => missed.has(path, replica),
      });
      const sound = new Set([...report.good, ...report.repaired]);
      for (const replica of this.#replicas) if (sound.has(replica.name)) missed.taken(asked, replica);
      return report;
    });
    return abortable(
      repairing.finally(() => missed.end(asked)),
      options.signal,
      details,
    );
  }

  /**
   * Repairs every object whose path begins with `prefix` and that at least one store lists, one after the other.
   *
   * @throws {StorageError} as `list` and `repair` do; `UNAVAILABLE` when a store can't be listed
   */
  async scrub(prefix: string, options: ScrubOptions = {}): Promise<ScrubReport> {
    assertKnown(SCRUB, options, { operation: "scrub", store: this.name });
    const { startAfter, signal, newest, onProgress } = options;
    const details = { ...checkList(this, prefix, { startAfter, signal }), operation: "scrub" };
    const call = this.#reader.callOf(details, signal);
    const objects = mergedListing(this.#replicas, prefix, { startAfter }, call);
    const progress = onProgress && ((report: RepairReport) => notify(onProgress, report));
    return scrubObjects(objects, (path) => this.repair(path, { signal, newest }), progress);
  }

  async close(): Promise<void> {
    const { background } = this.#log;
    // Each store is closed as soon as its changes are done. A store that hangs does not keep the others open.
    await closeReplicas(this.#replicas, (replica) => background.idle(replica));
    await background.idle();
  }

  protected async writeChecked(
    path: string,
    body: StoreBody,
    options: WriteOptions,
    details: CallDetails,
  ): Promise<ReplicatedWriteInfo> {
    const { maxBufferSize, storeDigest, digest } = this.#settings;
    const held = await holdBody(body, options, details, maxBufferSize, this.capability.maxObjectSize);
    const keeping = { digestOf: digest, store: storeDigest && this.capability.metadata };
    try {
      const writing = withKnownDigest(path, held, options, keeping, details);
      return await writeCopies(path, held, writing, this.#reader.callOf(details, options.signal), this.#log);
    } catch (error) {
      await held.close();
      throw error;
    }
  }

  #courseOf(path: string): Course {
    const { missed } = this.#log;
    const replicas = this.#replicas.filter((replica) => !missed.has(path, replica));
    const failures = this.#replicas
      .filter((replica) => missed.has(path, replica))
      .map((replica) => ({ replica, error: outdated(path, replica) }));
    return { rounds: [{ replicas, parallelism: 1 }], failures };
  }

  static {
    declareOwnStore(this);
  }
}

function outdated(path: string, { store }: Replica): StorageError {
  const message = "This copy has not taken the last write that was acknowledged.";
  return new StorageError("UNAVAILABLE", message, { operation: "read", store: store.name, path });
}
