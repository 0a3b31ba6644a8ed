import { describeCopy } from "../replicas/known-digest.js";
import { failureOf, withAttempt, type ReplicaCall } from "../replicas/ask-replicas.js";
import { throwIfAborted } from "../../../async/abort.js";
import { CheckedStore } from "../../checked-store.js";
import { declareOwnStore } from "../../guard/own-stores.js";
import type { Capability } from "../../capability.js";
import { MAX_PRESIGN_SECONDS, type CallDetails } from "../../check.js";
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
import { Locations } from "./locations.js";
import { parseFailoverStoreOptions, type FailoverSettings, type FailoverStoreOptions } from "./options.js";
import { writeFirst, type FailoverWriteInfo } from "./write-first.js";
import { copyThrough } from "../replicas/copy-through.js";
import { deleteAll } from "../replicas/delete-all.js";
import { holdBody } from "../replicas/held-body.js";
import { mergedListing } from "../replicas/merged-listing.js";
import { commonCapability } from "../replicas/replica-capability.js";
import { ReplicaReader } from "../replicas/replica-reader.js";
import { allRoute, closeReplicas, replicasOf, type Replica } from "../replicas/replica.js";
import { withKnownDigest } from "../replicas/stored-digest.js";

/**
 * Reads one of several stores that hold copies of the same objects. It goes on with the next store when a copy is
 * missing, fails, breaks off or is corrupt. See `docs/stores/failover.md`.
 *
 * - **Reads** ask the stores that the `locator` names, in its order. Without a locator, reads ask every store in
 *   order. While the locator fails, reads ask the store where the object was found last, and then all the others. The
 *   first whole copy is the answer. If there is none, the answer depends on what every copy said, and not on their
 *   order. It is `NOT_FOUND` if every copy said so, and `USAGE_LIMIT` if every copy was skipped for its limits.
 *   Otherwise it is `UNAVAILABLE`, and its `cause` is a {@link ReplicaErrors}.
 * - **Writes** go to the first store that takes them. `replica` of the result is the name of that store.
 *   FailoverStore does not copy objects between stores. It suits objects that never change, such as those of a
 *   manager. If an object is replaced while its store is away, the old version stays in that store.
 * - **Deletes** and **listings** need every store. Otherwise they are `UNAVAILABLE`.
 *
 * A body of up to `maxBufferSize` bytes is checked before it is handed out. A larger body is checked while it is
 * handed out. If its copy breaks off, another copy goes on at the same byte, if it is the same version for certain.
 *
 * `capability` is what all stores have in common. Conditions (`ifNoneMatch`, `ifMatch`) hold over one store only.
 * `close()` closes the stores.
 *
 * @example
 * const store = new FailoverStore({ stores: { eu: euStore, us: usStore }, attemptTimeout: 2000 });
 * const manager = new StorageManager({ store });
 */
export class FailoverStore extends CheckedStore<FailoverWriteInfo> {
  readonly name = "failover";
  readonly capability: Readonly<Capability>;
  protected override readonly maxExpiresIn = MAX_PRESIGN_SECONDS;
  readonly #settings: FailoverSettings;
  readonly #replicas: readonly Replica[];
  readonly #locations: Locations;
  readonly #reader: ReplicaReader;

  /** @throws {StorageError} `CONFIG_INVALID` that names each option which is wrong */
  constructor(options: FailoverStoreOptions) {
    super();
    this.#settings = parseFailoverStoreOptions(options);
    this.#replicas = replicasOf(this.#settings.stores);
    this.capability = Object.freeze(commonCapability(this.#replicas));
    this.#locations = new Locations(this.#replicas, this.#settings);
    this.#reader = new ReplicaReader(this.#settings);
  }

  routes(scheme: string): boolean {
    return allRoute(this.#replicas, scheme);
  }

  protected async readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    const course = await this.#locations.courseOf(path, options.signal, details);
    return this.#reader.read(course, path, options, details);
  }

  protected async statChecked(
    path: string,
    options: CallOptions,
    details: CallDetails,
  ): Promise<ObjectInfo | undefined> {
    const course = await this.#locations.courseOf(path, options.signal, details);
    return (await this.#reader.find(course, path, options, details))?.info;
  }

  /** Deletes from every store, whatever stores the locator names. */
  protected async deleteChecked(path: string, options: DeleteOptions, details: CallDetails): Promise<void> {
    this.#locations.forget(path);
    await deleteAll(this.#replicas, path, options, this.#reader.callOf(details, options.signal));
  }

  protected async *listChecked(prefix: string, options: ListOptions, details: CallDetails): AsyncIterable<ObjectInfo> {
    yield* mergedListing(this.#replicas, prefix, options, this.#reader.callOf(details, options.signal));
  }

  /**
   * Copies inside the first store, if the object is there. Otherwise it reads the object, and writes it as `write`
   * does.
   */
  protected async copyChecked(
    from: string,
    to: string,
    options: CallOptions,
    details: CallDetails,
  ): Promise<FailoverWriteInfo> {
    const course = await this.#locations.courseOf(from, options.signal, details);
    this.#locations.forget(to);
    const first = this.#replicas[0]!;
    const call = this.#reader.callOf(details, options.signal);
    if (course.rounds.some(({ replicas }) => replicas.includes(first))) {
      const copied = await copyFirst(first, from, to, call);
      if (copied !== undefined) return copied;
    }
    const source = await this.#reader.open(course, from, options, details);
    return copyThrough(source, this.capability, options.signal, (body, attributes) =>
      this.writeChecked(to, body, attributes, { ...details, path: to }),
    );
  }

  /**
   * Makes a URL. A `GET` URL leads to the store that has the object, or to the first store if none has it. A `PUT`
   * URL leads to the first store. What is transferred through the URL is not checked.
   */
  protected async presignChecked(path: string, options: PresignOptions, details: CallDetails): Promise<string> {
    const replica = options.method === "GET" ? await this.#holder(path, details) : undefined;
    return (replica ?? this.#replicas[0]!).store.presign(path, options);
  }

  async close(): Promise<void> {
    await closeReplicas(this.#replicas);
  }

  protected async writeChecked(
    path: string,
    body: StoreBody,
    options: WriteOptions,
    details: CallDetails,
  ): Promise<FailoverWriteInfo> {
    const { maxBufferSize, storeDigest, digest } = this.#settings;
    const held = await holdBody(body, options, details, maxBufferSize, this.capability.maxObjectSize);
    this.#locations.forget(path);
    try {
      const keeping = { digestOf: digest, store: storeDigest && this.capability.metadata };
      const writing = withKnownDigest(path, held, options, keeping, details);
      return await writeFirst(this.#replicas, path, held, writing, this.#reader.callOf(details, options.signal));
    } finally {
      await held.close();
    }
  }

  async #holder(path: string, details: CallDetails): Promise<Replica | undefined> {
    const course = await this.#locations.courseOf(path, undefined, details);
    return (await this.#reader.find(course, path, {}, details))?.replica;
  }

  static {
    declareOwnStore(this);
  }
}

/**
 * Copies inside one store. Returns `undefined` when the store can't copy, or does not have the object. Then the
 * caller asks the other stores.
 */
async function copyFirst(
  replica: Replica,
  from: string,
  to: string,
  call: ReplicaCall,
): Promise<FailoverWriteInfo | undefined> {
  try {
    const info = await withAttempt(replica, call, (attempt) =>
      attempt.wait(replica.store.copy(from, to, { signal: attempt.signal })),
    );
    return { ...describeCopy(info).info, path: to, replica: replica.name };
  } catch (error) {
    throwIfAborted(call.signal, call.details);
    failureOf(replica, error, call);
    return undefined;
  }
}
