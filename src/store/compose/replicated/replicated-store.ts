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
import type { ChangeLog, ReplicatedWriteInfo } from "./change-all.js";
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
import { writeCopies } from "./write-copies.js";

/** Options of {@link ReplicatedStore.repair}. */
export interface RepairOptions extends CallOptions {
  /**
   * Whether the copy with the latest `lastModified` is the right one where nothing else decides between copies that
   * differ. Default `false`: they are reported, and left as they are. Clocks of stores differ.
   */
  newest?: boolean | undefined;
}

/** Options of {@link ReplicatedStore.scrub}. */
export interface ScrubOptions extends RepairOptions {
  /** Look only at paths after this one: the `last` of a scrub that was interrupted, or the last path of `onProgress`. */
  startAfter?: string | undefined;
  /** Is told of each object, in the order of their paths. What it throws is ignored. */
  onProgress?: ((report: RepairReport) => void) | undefined;
}

const REPAIR: Names<RepairOptions> = { newest: true, signal: true };
const SCRUB: Names<ScrubOptions> = { ...REPAIR, startAfter: true, onProgress: true };

/**
 * Writes every object to several stores, and reads it from the first that has it whole. See `docs/stores/replicated.md`.
 *
 * - **Writes** go to all stores at once; a stream is read once. They are acknowledged when every store has taken them, or
 *   with `acknowledge` a majority, or one; the others go on, and `close()` waits for them. `replicas` of the result says
 *   what became of each copy. A write that too few stores took is `UNAVAILABLE` (or what every store said, if they agree),
 *   and the `replicas` of its `cause`, a {@link ReplicaErrors}, says where it is nevertheless: write it again. Changes of
 *   one path are made in the same order in every store, as far as this process makes them.
 * - **Reads** ask the stores in order, and hand out only what is whole, as {@link FailoverStore} does. A store that has
 *   not taken the last write that this process acknowledged is not asked.
 * - **Deletes** and **listings** need every store, whatever `acknowledge` says: a copy that stays would come back.
 * - **{@link ReplicatedStore.repair}** and **{@link ReplicatedStore.scrub}** find copies that are missing or differ, and
 *   mend them.
 *
 * `capability` is what all stores have in common; over more than one, conditions and `presign` are not supported, since a
 * URL would write one copy only. `close()` closes each store once the writes to it that go on are done.
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
  readonly #needed: number;

  /** @throws {StorageError} `CONFIG_INVALID` that names each option which is wrong */
  constructor(options: ReplicatedStoreOptions) {
    super();
    this.#settings = parseReplicatedStoreOptions(options);
    this.#replicas = replicasOf(this.#settings.stores);
    const common = commonCapability(this.#replicas);
    const presign = common.presign && this.#replicas.length === 1;
    this.capability = Object.freeze({ ...common, copy: common.read && common.write, presign });
    this.#reader = new ReplicaReader(this.#settings);
    this.#needed = neededOf(this.#settings.acknowledge, this.#replicas.length);
    this.#log = {
      replicas: this.#replicas,
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
    // There is nothing left to be out of date; but a write that came after it may be acknowledged before this ends.
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

  protected async *listChecked(
    prefix: string,
    options: ListOptions,
    details: CallDetails,
  ): AsyncGenerator<ObjectInfo, void, undefined> {
    const { missed } = this.#log;
    const call = this.#reader.callOf(details, options.signal);
    yield* mergedListing(this.#replicas, prefix, options, call, (path, replica) => !missed.has(path, replica));
  }

  /**
   * Reads the object and writes it to every store, as `write` does. Copied inside each store, old versions and corrupt
   * bytes would be copied with the others.
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

  /** Of the only store there is: over more of them it is not supported. */
  protected presignChecked(path: string, options: PresignOptions): Promise<string> {
    return this.#replicas[0]!.store.presign(path, options);
  }

  /**
   * Reads every copy of an object, and mends those that are missing or wrong. The right version is the one whose digest
   * the path tells; otherwise the one that all sound copies are; otherwise, unless `acknowledge` is `"first"`, the one
   * that more than half of all stores hold; otherwise the newest, if asked for. A copy is sound if its bytes have the
   * digest that was stored with it. Where nothing decides, nothing is done. Nothing is ever deleted, and a copy is only
   * replaced if it is still the one that was found wrong: atomically where its store has conditions.
   *
   * @throws {StorageError} `INVALID_PATH`, `ABORTED`. What a store fails with is in the report.
   */
  async repair(path: string, options: RepairOptions = {}): Promise<RepairReport> {
    assertKnown(REPAIR, options, { operation: "repair", store: this.name, path });
    const details = { ...checkRead(this, path, { signal: options.signal }), operation: "repair" };
    const { missed, order } = this.#log;
    const { maxBufferSize, digest, storeDigest, acknowledge } = this.#settings;
    const call = this.#reader.callOf(details, options.signal);
    const told = digestTold(path, 0, digest, details);
    // It says nothing of writes that come after it.
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
   * Repairs every object whose path begins with `prefix` that at least one store lists, one after the other.
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
    // Each as soon as it is through: one that hangs does not keep the others open.
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
      const call = this.#reader.callOf(details, options.signal);
      const settings = { needed: this.#needed, window: maxBufferSize };
      return await writeCopies(path, held, writing, settings, call, this.#log);
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
