import type { EventDetails } from "../observe/recorder.js";
import type { BubustackReference, StorageReference } from "../reference/reference.js";
import type {
  CallOptions,
  ListOptions,
  ObjectInfo,
  PresignOptions,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../store/store.js";
import { deleteBlob, listBlobs, readBlob, writeBlob } from "./blobs.js";
import { atCaller, calledHere } from "../errors/at-caller.js";
import { check } from "./check.js";
import { close } from "./close.js";
import { createStore } from "../configure/create-store.js";
import { dehydratePayload } from "../dehydrate/dehydrate.js";
import type { Dehydrated, HydratedOf, SaysItsType } from "../plan/dehydrated.js";
import { dehydrationPlan, type DehydrationPlan } from "../dehydrate/dehydration-plan.js";
import { environmentOptions, fromEnvironment, type EnvironmentOptions } from "../configure/environment-options.js";
import { hydrate, type PartSettings } from "../hydrate/hydrate.js";
import { warnOfText } from "../hydrate/warn-of-text.js";
import { openReference } from "../hydrate/open.js";
import type { DehydrateOptions, HydrateOptions, OpenOptions, StorageManagerOptions } from "../configure/options.js";
import { planPayload } from "../dehydrate/plan-payload.js";
import { ownParts, type OwnParts } from "./parts.js";
import { presign } from "./presign.js";
import { reencryptObjects, type ReencryptOptions, type ReencryptReport } from "../maintain/reencrypt.js";
import { adopt, adoptAndDehydrate, adopts } from "../maintain/adopt.js";
import type { AdoptOptions } from "../maintain/adoption.js";
import { collect } from "../maintain/collect/collect.js";
import type { CollectOptions, CollectReport } from "../maintain/collect/report.js";
import { usage, type ScopeUsage } from "../maintain/usage.js";
import { done, type DoneOptions } from "../maintain/done.js";
import { release, type ReleaseOptions } from "../maintain/release.js";
import { releaseOf } from "../maintain/release-of.js";
import { selectPart } from "../access/select-part.js";
import { managerSettings, type ManagerSettings } from "../configure/settings.js";
import { dehydrateSettings, hydrateSettings, openSettings } from "../configure/call-settings.js";
import { tenantSettings } from "../configure/tenant.js";
import { verify, type VerifyOptions, type VerifyPrefixOptions, type VerifyReport } from "../maintain/verify/verify.js";

/** A manager over the parts of another one, whose `close()` leaves them open. */
export let borrow: (manager: StorageManager) => StorageManager;

/** What a manager was told of how long payloads live, and where. `undefined` for one of another copy of this package. */
export let retentionOf: (
  manager: StorageManager,
) => Pick<ManagerSettings, "retention" | "outputPrefix" | "inputPrefix"> | undefined;

/**
 * Dehydrates payloads, that is moves what is too big to travel into a store and leaves small references in its place,
 * and hydrates them again.
 *
 * Every method rejects with a {@link StorageError}; none changes the value it is given.
 *
 * @example
 * const manager = new StorageManager({ store: new FileStore({ root: "/var/lib/payloads" }) });
 * const message = await manager.dehydrate(order, { scope: "run-42/step-3" });
 * queue.send(JSON.stringify(message));
 * // and on the other side
 * const order = await manager.hydrate(JSON.parse(text));
 */
export class StorageManager {
  #parts: OwnParts;

  /** @throws {StorageError} `CONFIG_INVALID` that names every wrong option */
  constructor(options: StorageManagerOptions) {
    this.#parts = ownParts(managerSettings(options));
  }

  /** A manager that works with what another one has, and leaves it open. */
  static #over(parts: OwnParts): StorageManager {
    const manager = new StorageManager({});
    manager.#parts = { ...parts, isBorrowed: true };
    return manager;
  }

  static {
    borrow = (manager) => StorageManager.#over(manager.#parts);
    retentionOf = (manager) => (#parts in manager ? manager.#parts.settings : undefined);
  }

  /**
   * A manager as the environment variables say.
   *
   * @param env default `process.env`
   * @param options see {@link EnvironmentOptions}
   * @throws {StorageError} `CONFIG_INVALID` that names every variable and every option that can't be used, and every
   *   variable of the prefix `COATCHECK_` that is not known; `MISSING_DEPENDENCY` that names the package to install
   *
   * @example
   * const manager = await StorageManager.fromEnv(process.env, { options: { codecs: [gzip()], observer } });
   */
  static async fromEnv(
    env: NodeJS.ProcessEnv = process.env,
    options: EnvironmentOptions = {},
  ): Promise<StorageManager> {
    const { settings, options: made } = fromEnvironment(env, environmentOptions(options, "StorageManager.fromEnv"));
    return new StorageManager({ ...made, store: made.store ?? (await createStore(settings)) });
  }

  /** The store; `undefined`: storage is disabled. */
  get store(): Store | undefined {
    return this.#parts.settings.store;
  }

  /**
   * Replaces what is too big to travel by references. The result exists only when every object of it is durable.
   * Bytes of every kind (`Uint8Array`, `ArrayBuffer`, `DataView`, ...) leave as binary, whatever their size, and so do Blobs,
   * streams and other async iterables of bytes or strings. Those are read to their end, and closed if the call fails or is
   * refused. The payload, with the bytes in it, must not be changed until the promise settles; the result shares with it
   * what stays.
   *
   * @throws {StorageError} `UNSERIALIZABLE` for a cycle, a `BigInt`, what `lossy` refuses and the like, `INVALID_REFERENCE` for a reference
   *   in the payload that must not be there, `SIGNATURE_INVALID` for one that is to pass and was not signed,
   *   `BUDGET_EXCEEDED` for what this manager could not hydrate, `STORAGE_DISABLED`, `CONFIG_INVALID`, `TIMEOUT`, `ABORTED`,
   *   and what the store rejects with
   */
  dehydrate<T>(value: T, options?: DehydrateOptions): Promise<Dehydrated<T>> {
    return this.#dehydrate(value, options, "outputPrefix") as Promise<Dehydrated<T>>;
  }

  /**
   * Dehydrates the inputs of a run: the objects go under `inputPrefix`, and the result has at most `maxInlineSize`
   * bytes of JSON, or is one reference.
   *
   * @throws {StorageError} as {@link StorageManager.dehydrate} does
   */
  dehydrateInputs<T>(value: T, options?: DehydrateOptions): Promise<Dehydrated<T>> {
    return this.#dehydrate(value, options, "inputPrefix") as Promise<Dehydrated<T>>;
  }

  #dehydrate(
    value: unknown,
    options: DehydrateOptions | undefined,
    own: "outputPrefix" | "inputPrefix",
  ): Promise<unknown> {
    const dehydrated = adopts(this.#parts, options)
      ? adoptAndDehydrate(this.#parts, value, options, own)
      : dehydratePayload(this.#parts, value, options, own);
    const { collector } = this.#parts;
    if (collector === undefined) return dehydrated;
    return dehydrated.then((result) => {
      collector.trigger();
      return result;
    });
  }

  /**
   * Shows what {@link StorageManager.dehydrate} would do, without I/O. Streams in the payload are neither read nor closed.
   *
   * @throws {StorageError} `UNSERIALIZABLE`, `INVALID_REFERENCE`, `SIGNATURE_INVALID`, `BUDGET_EXCEEDED`, `CONFIG_INVALID`
   */
  plan(value: unknown, options?: DehydrateOptions): DehydrationPlan {
    const settings = dehydrateSettings(this.#parts.settings, options);
    return dehydrationPlan(planPayload(value, settings, settings.outputPrefix), settings);
  }

  /**
   * Puts back what {@link StorageManager.dehydrate} replaced. What it returns shares nothing with `value`; binary comes
   * back as `Uint8Array`, also what was handed in as a stream: {@link StorageManager.open} streams it.
   *
   * @throws {StorageError} for references that can't be used `SIGNATURE_INVALID`, `INVALID_REFERENCE`, `UNKNOWN_SCHEME`,
   *   `REFERENCE_DENIED`, `CYCLIC_REFERENCE`; for budgets `RECURSION_LIMIT`, `BUDGET_EXCEEDED`; for objects that can't be used `INTEGRITY`,
   *   `DECODE_FAILED`, `SCHEMA_MISMATCH`; `STORAGE_DISABLED`, `CONFIG_INVALID`, `TIMEOUT`, `ABORTED`, and what the
   *   store rejects with, such as `NOT_FOUND`; `RELEASED` for what was released with a `tombstone`
   */
  hydrate<Value>(
    value: Value & SaysItsType<Value>,
    options?: HydrateOptions & { schema?: undefined },
  ): Promise<HydratedOf<Value>>;
  /** The same of a value of which the compiler knows nothing: it is what the caller says, or what the `schema` checks. */
  hydrate<T = unknown>(value: unknown, options?: HydrateOptions<T>): Promise<T>;
  async hydrate(value: unknown, options?: HydrateOptions): Promise<unknown> {
    return await this.#hydrate(value, hydrateSettings(this.#parts.settings, options)); // awaited: errors name who awaits this
  }

  /**
   * Gives one part of what {@link StorageManager.hydrate} would give. Only what lies on the way to it is read: a payload whose
   * other parts are gone, or too large for this manager, does not matter.
   *
   * @param value what `dehydrate` gave, with the part inline or stored
   * @param path such as `items[*].id`, as in {@link StorageManager.select}: missing under `[*]` gives null, elsewhere an error;
   *   `""` is all of it
   * @param options as those of `hydrate`; a `schema` is that of the part
   * @throws {StorageError} `INVALID_REFERENCE` when `path` is not valid, or there is no such part; as `hydrate` does
   *
   * @example
   * const total = await manager.pick<number>(message, "invoice.total");
   */
  async pick<T = unknown>(value: unknown, path: string, options?: HydrateOptions<T>): Promise<T> {
    const settings = hydrateSettings(this.#parts.settings, options);
    return (await this.#hydrate(value, { ...settings, part: path })) as T;
  }

  async #hydrate(value: unknown, settings: PartSettings): Promise<unknown> {
    const { source, recorder } = this.#parts;
    const details: EventDetails = { store: this.store?.name, stepRunId: settings.stepRunId };
    warnOfText(value, settings.logger, recorder);
    try {
      return await recorder.record("hydrate", details, () => hydrate(value, settings, source, recorder, details));
    } catch (error) {
      throw atCaller(error);
    }
  }

  /**
   * Opens what a reference points at, as decoded bytes: binary as it was handed in, streamed; a text as its UTF-8; any
   * other value as its JSON. Read it to the end or cancel it: a body that is not what was written fails with
   * `INTEGRITY` at its end; with codecs maybe before, with `DECODE_FAILED`, and then `info.size` of binary is as stored.
   *
   * With `offset` and `length` only those decoded bytes come, and `info.size` is still that of the whole. Of binary without
   * codecs only they are read, so that no digest can be checked: a range of another length than it should have is
   * `INTEGRITY`, changed bytes are not seen. Whatever else is read, checked and decoded up to the end of the range.
   *
   * @throws {StorageError} as {@link StorageManager.hydrate} does
   *
   * @example
   * const result = await manager.open(reference, { offset: 1_000_000, length: 65_536 });
   * for await (const chunk of result) response.write(chunk);
   */
  open(reference: StorageReference | BubustackReference, options: OpenOptions = {}): Promise<ReadResult> {
    return calledHere(openReference(this.#parts, reference, options));
  }

  /**
   * Makes a reference to a part of what another one stands for: the same with a `$storagePath`, and a signature of its own where
   * signing is on. It hydrates to the part. No I/O: whether there is such a part is seen then.
   *
   * The part is one of what `reference` selects, so that no more can be reached by it than before; and it expires when
   * `reference` does.
   *
   * @param reference as `dehydrate` wrote it, or as this method gave it. It is not changed.
   * @param path such as `items[*].id`: `.field` (the first dot may be left out), `["any key"]`, `[0]`, `[*]` for each item
   * @param options `audience`: for whom `reference` was signed, and the result is
   * @throws {StorageError} `SIGNATURE_INVALID` when `reference` has no good signature: nothing is signed that was not;
   *   `INVALID_REFERENCE` when it or `path` is not valid, or when it selects by `[*]` already; `CONFIG_INVALID`
   *
   * @example
   * const reference = await manager.dehydrate(order); // one that left whole
   * await manager.hydrate(manager.select(reference, "items[*].id"));
   */
  select<Reference extends StorageReference | BubustackReference>(
    reference: Reference,
    path: string,
    options?: Pick<OpenOptions, "audience">,
  ): Reference extends StorageReference ? StorageReference : BubustackReference {
    return selectPart(
      reference,
      path,
      openSettings(this.#parts.settings, options, "select").settings,
    ) as unknown as Reference extends StorageReference ? StorageReference : BubustackReference;
  }

  /**
   * Gives a manager for one tenant, over the same store, with the same options, observers and caches; cheap enough to be made
   * for each request. Its objects lie below `{outputPrefix}/{tenant}` and `{inputPrefix}/{tenant}`, and its methods go
   * nowhere else: a reference or path that is not the tenant's is `REFERENCE_DENIED` before any I/O, a `prefix` or `allow`
   * of a call that leads out is `CONFIG_INVALID`. This manager's `allow` is not the tenant's; its `resolvers` are. With
   * `signing`, references are for the audience `tenant`, or `{audience}/{tenant}` where this manager or the call has one.
   *
   * Isolation is that of names: `store` is the whole store, and a scope of this manager that begins with a tenant's name is
   * the tenant's too. To close a tenant's manager does nothing: the store is closed with this one.
   *
   * @param tenant one segment of a path, compared as it is: two Unicode forms, or two cases, are two tenants
   * @throws {StorageError} `CONFIG_INVALID` for what can't be a tenant; on the manager of a tenant
   */
  forTenant(tenant: string): StorageManager {
    return StorageManager.#over({ ...this.#parts, settings: tenantSettings(this.#parts.settings, tenant) });
  }

  /**
   * Makes a URL that lets its holder read (`GET`) or write (`PUT`) one object until it expires: a secret as long as it lives. A
   * GET gives the object as it is stored: binary as it was handed in, unless there are codecs; a pack with all that is in
   * it. Of what is written by a PUT no cache hears.
   *
   * @param target a path, or a reference to a whole object. GET is for what hydration may read; PUT for paths below
   *   `outputPrefix` and `inputPrefix` that are not named by their content
   * @param options `expiresIn` in seconds, at most `maxPresignExpiry`; `filename` under which a browser saves what a GET
   *   gives (`Content-Disposition: attachment`), default the name that {@link binary} gave what the reference points at,
   *   unless it is encoded; `contentType` that the answer to a GET has, default that of the object; `audience` for whom a
   *   reference was signed; `signal`
   * @throws {StorageError} before any I/O: `CONFIG_INVALID`, `INVALID_PATH`, `SIGNATURE_INVALID`, `REFERENCE_DENIED`,
   *   `UNKNOWN_SCHEME`; `INVALID_REFERENCE` for a reference to a part of a pack, with `$storagePath`, or for a PUT;
   *   `STORAGE_DISABLED`; `UNSUPPORTED` where the store has no such URLs, or none that can say `filename` or `contentType`
   */
  presign(
    target: string | StorageReference | BubustackReference,
    options: PresignOptions & Pick<OpenOptions, "audience" | "signal">,
  ): Promise<string> {
    return calledHere(presign(this.#parts, target, options));
  }

  /**
   * Writes bytes of the user's own. A stream is closed if the call fails or is refused.
   *
   * @throws {StorageError} what the store rejects with, `STORAGE_DISABLED`
   */
  writeBlob(path: string, data: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    return calledHere(writeBlob(this.#parts, path, data, options));
  }

  /** Reads bytes of the user's own. @throws {StorageError} what the store rejects with, `STORAGE_DISABLED` */
  readBlob(path: string, options: ReadOptions = {}): Promise<Uint8Array> {
    return calledHere(readBlob(this.#parts, path, options));
  }

  /**
   * Lists objects by path prefix. The `timeout` is that of each step, since the reader sets the pace.
   *
   * @throws {StorageError} what the store rejects with, `STORAGE_DISABLED`
   */
  list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    return listBlobs(this.#parts, prefix, options);
  }

  /** Deletes an object; a missing one is no error. @throws {StorageError} what the store rejects with, `STORAGE_DISABLED` */
  delete(path: string, options: CallOptions = {}): Promise<void> {
    return calledHere(deleteBlob(this.#parts, path, options));
  }

  /**
   * Gives the same envelope with references of another scope, so that it no longer depends on what others release. Objects
   * are copied inside the store where their bytes can be used as they are; what is encrypted, and what refers to objects of
   * other scopes itself, is written again. What is of the scope already, and references of resolvers, stay as they are.
   * What {@link stored} gives becomes a reference to a copy of the object.
   *
   * @param value what `dehydrate` gave. It is not changed.
   * @param options `scope`: the new owner; `prefix`, `ttl` and `audience` as `dehydrate` takes them
   * @throws {StorageError} as {@link StorageManager.hydrate} and {@link StorageManager.dehydrate} do
   *
   * @example
   * const own = await manager.adopt(message.order, { scope: "invoice-7", ttl: 30 * 24 * 60 * 60 * 1000 });
   */
  adopt<T>(value: T, options: AdoptOptions): Promise<T> {
    return calledHere(adopt(this.#parts, value, options));
  }

  /**
   * Deletes every object of a scope and of the scopes below it, under both prefixes, or below `prefix`. References to them
   * are dead then: to read one is `NOT_FOUND`, or `RELEASED` with `tombstone`.
   *
   * @param options see {@link ReleaseOptions}
   * @returns how many objects were deleted; with `dryRun`, how many would be. Markers of `done` don't count.
   * @throws {StorageError} `INVALID_PATH`, `CONFIG_INVALID`, `STORAGE_DISABLED`, what the store rejects with
   *
   * @example
   * await manager.release("run-42", { tombstone: 24 * 60 * 60 * 1000 });
   */
  release(scope: string, options: ReleaseOptions = {}): Promise<{ deleted: number }> {
    return calledHere(release(this.#parts, scope, options));
  }

  /**
   * Releases the scopes of the references in an envelope, as {@link StorageManager.release} does: of those that lie below
   * this manager's `outputPrefix` or `inputPrefix`, or the `prefix` of the call. References elsewhere are left alone.
   *
   * @param value what `dehydrate` gave
   * @returns how many objects were deleted, and the scopes that were released
   * @throws {StorageError} before anything is deleted, `SIGNATURE_INVALID` for a reference without a good signature where
   *   signing is on (it may have expired), `INVALID_REFERENCE`; as `release` does
   *
   * @example
   * await manager.releaseOf(message); // { deleted: 3, scopes: ["order-42"] }
   */
  releaseOf(value: unknown, options: ReleaseOptions = {}): Promise<{ deleted: number; scopes: string[] }> {
    return calledHere(releaseOf(this.#parts, value, options));
  }

  /**
   * Says that one reader of a payload is done with it, and releases its scope when all are. A reader may say so any number
   * of times, as brokers deliver more than once: readers are a set of names, and not counted.
   *
   * What has been said is kept beside the payload until `collect` removes it, so use a scope for one payload alone.
   *
   * @param scope that of `dehydrate`
   * @param reader a name for the one that calls, such as that of its queue
   * @param options `readers`: the names of all; every call says the same
   * @returns the readers that are not done yet, and how many objects were deleted
   * @throws {StorageError} `CONFIG_INVALID` when `readers` does not name the reader, `INVALID_PATH`, `STORAGE_DISABLED`,
   *   what the store rejects with
   *
   * @example
   * await manager.done("order-42", "billing", { readers: ["billing", "search"] }); // { remaining: ["search"], deleted: 0 }
   */
  done(scope: string, reader: string, options: DoneOptions): Promise<{ remaining: string[]; deleted: number }> {
    return calledHere(done(this.#parts, scope, reader, options));
  }

  /**
   * Deletes what is over: objects whose label says so (see `ttl`), what calls that died left behind, and, with `live`, what
   * no payload in use leads to. One pass looks at up to `maxScan` objects and deletes up to `maxDelete`, and the next goes on
   * where it ended; over all processes there is one each `gcInterval`. Call it by a timer, in as many processes as you like, or
   * set `retention.auto`.
   *
   * Users' own objects are never touched. What can't be deleted is in the report, and the next pass tries again. A pass
   * that is broken off has deleted what it could, and nothing else.
   *
   * @param options see {@link CollectOptions}
   * @throws {StorageError} `CONFIG_INVALID`, also for a `live` without a payload; `LIMIT_EXCEEDED` when more than half would be
   *   deleted for that nothing in `live` leads to it; `STORAGE_DISABLED`, `TIMEOUT`, `ABORTED`; what a listing rejects with
   *
   * @example
   * setInterval(() => manager.collect().catch(report), 60_000).unref();
   * const { deleted, kept } = await manager.collect({ all: true, dryRun: true });
   */
  collect(options: CollectOptions = {}): Promise<CollectReport> {
    return calledHere(collect(this.#parts, options));
  }

  /**
   * Finds out whether this manager can work, for the start of a program: writes, reads, lists and deletes an object of a few
   * bytes below `outputPrefix`, in a reserved name, as far as the store's `capability` says that it can. Nothing is left.
   *
   * @throws {StorageError} what is wrong, by name, and what would help: the bucket or directory, all rights that are missing,
   *   the credentials; `STORAGE_DISABLED`, `MISSING_DEPENDENCY`, `TIMEOUT`, `ABORTED`
   *
   * @example
   * await manager.check(); // before the first message is taken
   */
  check(options: CallOptions = {}): Promise<void> {
    return calledHere(check(this.#parts, options));
  }

  /**
   * Tells what each scope takes, in the order of a listing, scopes that lie in another before it. The `timeout` is that of
   * each step.
   *
   * @param prefix looks only below this prefix; default: below `outputPrefix` and `inputPrefix`
   * @throws {StorageError} `CONFIG_INVALID`, `STORAGE_DISABLED`, what a listing rejects with
   *
   * @example
   * for await (const { scope, bytes } of manager.usage()) console.log(scope, bytes);
   */
  usage(prefix?: string, options: CallOptions = {}): AsyncGenerator<ScopeUsage, void, undefined> {
    return usage(this.#parts.settings, prefix, options);
  }

  /**
   * Encrypts the objects whose path begins with a prefix again that were encrypted by another key than the active one: the
   * old key can be dropped afterwards. References to them stay good. Objects are done several at a time, each as one
   * step: what is done stays done when the call ends early, and `startAfter: lastPath` goes on from there. The `timeout` is
   * that of each object. Several processes may do this at once, while others read, write and release.
   * An object that was encrypted again lies at the old path with `.reencrypted` added. Older readers don't find it there;
   * a cache before the store, such as a {@link TieredStore}, may give the old one for a while. Without `ifNoneMatch`, what is
   * released meanwhile may be left for a second release. Go by the paths of the writers: with their `withPrefix`.
   *
   * @throws {StorageError} `CONFIG_INVALID` without `aes256gcm` among the codecs, `STORAGE_DISABLED`, `ABORTED`, and what
   *   a listing rejects with; what fails for one object is in the report
   * @example
   * const codecs = [aes256gcm({ keys: { old, new: fresh }, activeKeyId: "new" })];
   * const report = await new StorageManager({ store, codecs }).reencrypt("outputs/");
   * if (report.failed === 0) console.log("The old key is not needed any more.");
   */
  reencrypt(prefix: string, options: ReencryptOptions = {}): Promise<ReencryptReport> {
    return calledHere(reencryptObjects(this.#parts, prefix, options));
  }

  /**
   * Reads again what was stored for a dehydrated payload, and reports all that is wrong with it: see {@link VerifyReport}.
   * A string is a payload too, one without references. The `timeout` is that of each object.
   *
   * @throws {StorageError} `CONFIG_INVALID`, `ABORTED`, `STORAGE_DISABLED`
   */
  verify(payload: unknown, options: VerifyOptions = {}): Promise<VerifyReport> {
    return calledHere(verify({ payload }, options, this.#parts.settings, this.#parts.source, this.#parts.recorder));
  }

  /**
   * Reads again all objects whose path begins with a prefix, `""` for all, and reports all that is wrong with them: see
   * {@link VerifyReport}. The `timeout` is that of each object.
   *
   * @throws {StorageError} `CONFIG_INVALID`, `ABORTED`, `STORAGE_DISABLED`, `INVALID_PATH`, what the listing fails with
   */
  verifyPrefix(prefix: string, options: VerifyPrefixOptions = {}): Promise<VerifyReport> {
    return calledHere(verify({ prefix }, options, this.#parts.settings, this.#parts.source, this.#parts.recorder));
  }

  /**
   * Closes the store, within `timeout`. Idempotent. That of a tenant does nothing: the store, and what is cached, are not its own.
   *
   * @throws {StorageError} `TIMEOUT` when the store does not answer, what the store rejects with
   */
  close(): Promise<void> {
    return calledHere(close(this.#parts));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
