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
import { managerOptionsFromEnv } from "../configure/create-store.js";
import { dehydratePayload } from "../dehydrate/dehydrate.js";
import type { Dehydrated, HydratedOf, SaysItsType } from "../plan/dehydrated.js";
import { dehydrationPlan, type DehydrationPlan } from "../dehydrate/dehydration-plan.js";
import type { EnvironmentOptions } from "../configure/environment-options.js";
import { hydrate, type PartSettings } from "../hydrate/hydrate.js";
import { warnOfText } from "../hydrate/warn-of-text.js";
import { openReference } from "../hydrate/open.js";
import type { DehydrateOptions, HydrateOptions, OpenOptions, StorageManagerOptions } from "../configure/options.js";
import { planPayload } from "../dehydrate/plan-payload.js";
import { close, ownParts, type OwnParts } from "./parts.js";
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
import type { VerifyOptions, VerifyPrefixOptions, VerifyReport } from "../maintain/verify/report.js";
import { verify } from "../maintain/verify/verify.js";

/** Makes a manager over the parts of another one. Its `close()` leaves them open. */
export let borrow: (manager: StorageManager) => StorageManager;

/** Returns settings of a manager. `undefined` for a manager of another copy of this package. */
export let settingsOf: (
  manager: StorageManager,
) => Pick<ManagerSettings, "retention" | "outputPrefix" | "inputPrefix" | "dialect" | "canonical"> | undefined;

/**
 * Moves the large parts of payloads into a store, and puts them back when the payload is read.
 *
 * The method `dehydrate` stores what is too big to travel, and leaves small references in its place. The method
 * `hydrate` puts the stored values back. Every method rejects with a {@link StorageError}. No method changes the
 * value that it is given.
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

  /** Makes a manager that uses another manager's parts, and leaves them open. */
  static #over(parts: OwnParts): StorageManager {
    const manager = new StorageManager({});
    manager.#parts = { ...parts, isBorrowed: true };
    return manager;
  }

  static {
    borrow = (manager) => StorageManager.#over(manager.#parts);
    settingsOf = (manager) => (#parts in manager ? manager.#parts.settings : undefined);
  }

  /**
   * Makes a manager from environment variables.
   *
   * @param env default `process.env`
   * @param options see {@link EnvironmentOptions}
   * @throws {StorageError}
   * - `CONFIG_INVALID` that names every unusable variable and option, and every unknown variable of the prefix
   *   `COATCHECK_`
   * - `MISSING_DEPENDENCY` that names the package to install
   *
   * @example
   * const manager = await StorageManager.fromEnv(process.env, { options: { codecs: [gzip()], observer } });
   */
  static async fromEnv(
    env: NodeJS.ProcessEnv = process.env,
    options: EnvironmentOptions = {},
  ): Promise<StorageManager> {
    return new StorageManager(await managerOptionsFromEnv(env, options, "StorageManager.fromEnv"));
  }

  /** The store. `undefined` when storage is disabled. */
  get store(): Store | undefined {
    return this.#parts.settings.store;
  }

  /**
   * Replaces values that are too big to travel with references. The result exists only when every object of it is durable.
   *
   * Bytes of every kind (`Uint8Array`, `ArrayBuffer`, `DataView`, ...) always leave as binary, whatever their size.
   * So do Blobs, streams and other async iterables of bytes or strings. Streams are read to their end. They are
   * closed if the call fails or is refused.
   *
   * Do not change the payload, or the bytes in it, until the promise settles. The result shares with the payload what
   * stays inline.
   *
   * @throws {StorageError}
   * - `UNSERIALIZABLE` for a cycle, a `BigInt`, what `lossy` refuses and the like
   * - `INVALID_REFERENCE` for a reference in the payload that is not allowed there
   * - `SIGNATURE_INVALID` for an unsigned reference that is to pass
   * - `BUDGET_EXCEEDED` for a payload that this manager could not hydrate
   * - `STORAGE_DISABLED`, `CONFIG_INVALID`, `TIMEOUT`, `ABORTED`, and what the store rejects with
   */
  dehydrate<T>(value: T, options?: DehydrateOptions): Promise<Dehydrated<T>> {
    return this.#dehydrate(value, options, "outputPrefix") as Promise<Dehydrated<T>>;
  }

  /**
   * Dehydrates the inputs of a run. The objects go under `inputPrefix`. The result has at most `maxInlineSize` bytes
   * of JSON, or is one reference.
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
   * Shows what {@link StorageManager.dehydrate} would do, without I/O. Streams in the payload are neither read nor
   * closed.
   *
   * @throws {StorageError} `UNSERIALIZABLE`, `INVALID_REFERENCE`, `SIGNATURE_INVALID`, `BUDGET_EXCEEDED`,
   *   `CONFIG_INVALID`
   */
  plan(value: unknown, options?: DehydrateOptions): DehydrationPlan {
    const settings = dehydrateSettings(this.#parts.settings, options);
    return dehydrationPlan(planPayload(value, settings, settings.outputPrefix), settings);
  }

  /**
   * Puts back what {@link StorageManager.dehydrate} replaced. The result shares nothing with `value`. Binary comes
   * back as `Uint8Array`, even if it was handed in as a stream. Use {@link StorageManager.open} to stream it.
   *
   * @throws {StorageError}
   * - for references that can't be used: `SIGNATURE_INVALID`, `INVALID_REFERENCE`, `UNKNOWN_SCHEME`,
   *   `REFERENCE_DENIED`, `CYCLIC_REFERENCE`
   * - for budgets: `RECURSION_LIMIT`, `BUDGET_EXCEEDED`
   * - for objects that can't be used: `INTEGRITY`, `DECODE_FAILED`, `SCHEMA_MISMATCH`
   * - `RELEASED` for an object that was released with a `tombstone`
   * - `STORAGE_DISABLED`, `CONFIG_INVALID`, `TIMEOUT`, `ABORTED`, and what the store rejects with, such as
   *   `NOT_FOUND`
   */
  hydrate<Value>(
    value: Value & SaysItsType<Value>,
    options?: HydrateOptions & { schema?: undefined },
  ): Promise<HydratedOf<Value>>;
  /**
   * Does the same for a value whose type the compiler does not know. The caller names the type, or the `schema`
   * checks it.
   */
  hydrate<T = unknown>(value: unknown, options?: HydrateOptions<T>): Promise<T>;
  async hydrate(value: unknown, options?: HydrateOptions): Promise<unknown> {
    return await this.#hydrate(value, hydrateSettings(this.#parts.settings, options)); // awaited: stacks name callers
  }

  /**
   * Returns one part of what {@link StorageManager.hydrate} would return. It reads only what lies on the way to the
   * part. Other parts of the payload may be missing, or too large for this manager.
   *
   * @param value what `dehydrate` returned, with the part inline or stored
   * @param path such as `items[*].id`, as in {@link StorageManager.select}. A missing part under `[*]` gives null,
   *   elsewhere an error. `""` is the whole value.
   * @param options as those of `hydrate`; a `schema` is the schema of the part
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
   * Opens the value of a reference as a stream of decoded bytes. Binary comes as it was handed in, a text as UTF-8,
   * and any other value as its JSON.
   *
   * Read the stream to its end, or cancel it. A body that is not what was written fails with `INTEGRITY` at its end.
   * With codecs it may fail earlier, with `DECODE_FAILED`. With codecs `info.size` of binary is its size as stored.
   *
   * With `offset` and `length`, only those decoded bytes come. `info.size` is still the size of the whole value. For
   * binary without codecs, only those bytes are read, so that no digest can be checked. A range that is not as long
   * as it should be is `INTEGRITY`, but changed bytes are not detected. Any other value is read, checked and decoded
   * up to the end of the range.
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
   * Makes a reference to a part of what another reference stands for. The new reference has a `$storagePath`, and its
   * own signature where signing is on. It hydrates to the part. There is no I/O: a missing part is found only when
   * the reference is read.
   *
   * The part lies within what `reference` selects, so the new reference gives no access to anything more. It expires
   * when `reference` does.
   *
   * @param reference as `dehydrate` wrote it, or as this method returned it. It is not changed.
   * @param path such as `items[*].id`: `.field` (the first dot may be left out), `["any key"]`, `[0]`, `[*]` for each
   *   item
   * @param options `audience`: the audience that `reference` was signed for, and that the result is signed for
   * @throws {StorageError}
   * - `SIGNATURE_INVALID` when `reference` has no good signature, since only a signed reference may be signed again
   * - `INVALID_REFERENCE` when `reference` or `path` is not valid, or when `reference` selects by `[*]` already
   * - `CONFIG_INVALID`
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
   * Returns a manager for one tenant. It has the same store, options, observers and caches. It is cheap enough to
   * make one for each request.
   *
   * The tenant's objects lie below `{outputPrefix}/{tenant}` and `{inputPrefix}/{tenant}`, and its methods go nowhere
   * else. A reference or path that is not the tenant's is `REFERENCE_DENIED` before any I/O. A `prefix` or `allow` of
   * a call that leads out of these prefixes is `CONFIG_INVALID`. The tenant does not get this manager's `allow`, but
   * it gets its `resolvers`. With `signing`, references are for the audience `tenant`. Where this manager or the call
   * has an audience, they are for `{audience}/{tenant}`.
   *
   * Tenants are isolated by names only. The property `store` is the whole store. A scope of this manager that begins
   * with a tenant's name belongs to the tenant too. Closing a tenant's manager does nothing: the store is closed with
   * this manager.
   *
   * @param tenant one segment of a path, compared as it is: two Unicode forms, or two cases, are two tenants
   * @throws {StorageError} `CONFIG_INVALID` for a name that can't be a tenant, and on the manager of a tenant
   */
  forTenant(tenant: string): StorageManager {
    return StorageManager.#over({ ...this.#parts, settings: tenantSettings(this.#parts.settings, tenant) });
  }

  /**
   * Makes a URL that lets its holder read (`GET`) or write (`PUT`) one object until it expires. Keep the URL secret
   * as long as it lives.
   *
   * A GET returns the object as it is stored. Binary comes as it was handed in, unless there are codecs. A pack comes
   * with all its entries. Caches are not told about PUTs made through the URL.
   *
   * @param target a path, or a reference to a whole object. GET is for what hydration may read. PUT is for paths
   *   below `outputPrefix` and `inputPrefix` that are not named by their content.
   * @param options see {@link PresignOptions}. `expiresIn` is at most `maxPresignExpiry`. The default `filename` is the
   *   name that {@link binary} gave to the value of the reference, unless the object is encoded. For a reference,
   *   `audience` says for whom it was signed.
   * @throws {StorageError} before any I/O:
   * - `CONFIG_INVALID`, `INVALID_PATH`, `SIGNATURE_INVALID`, `REFERENCE_DENIED`, `UNKNOWN_SCHEME`, `STORAGE_DISABLED`
   * - `INVALID_REFERENCE` for a reference to a part of a pack, with `$storagePath`, or for a PUT
   * - `UNSUPPORTED` where the store has no such URLs, or none that can carry `filename` or `contentType`
   */
  presign(
    target: string | StorageReference | BubustackReference,
    options: PresignOptions & Pick<OpenOptions, "audience" | "signal">,
  ): Promise<string> {
    return calledHere(presign(this.#parts, target, options));
  }

  /**
   * Writes an object of the user's own. A stream is closed if the call fails or is refused.
   *
   * @throws {StorageError} what the store rejects with, `STORAGE_DISABLED`
   */
  writeBlob(path: string, data: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    return calledHere(writeBlob(this.#parts, path, data, options));
  }

  /** Reads an object of the user's own. @throws {StorageError} what the store rejects with, `STORAGE_DISABLED` */
  readBlob(path: string, options: ReadOptions = {}): Promise<Uint8Array> {
    return calledHere(readBlob(this.#parts, path, options));
  }

  /**
   * Lists objects by path prefix. The `timeout` applies to each step, because the reader sets the pace.
   *
   * @throws {StorageError} what the store rejects with, `STORAGE_DISABLED`
   */
  list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    return listBlobs(this.#parts, prefix, options);
  }

  /**
   * Deletes an object. A missing object is no error. @throws {StorageError} what the store rejects with,
   * `STORAGE_DISABLED`
   */
  delete(path: string, options: CallOptions = {}): Promise<void> {
    return calledHere(deleteBlob(this.#parts, path, options));
  }

  /**
   * Returns the same envelope with references of another scope. The result no longer depends on what others release.
   *
   * Objects are copied inside the store where their bytes can be used as they are. An encrypted object is written
   * again, and so is an object that refers to objects of other scopes. References of the scope itself, and references
   * of resolvers, stay as they are. A value made by {@link stored} becomes a reference to a copy of the object.
   *
   * @param value what `dehydrate` returned. It is not changed.
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
   * Deletes every object of a scope and of the scopes below it, under both prefixes, or below `prefix`. Reading a
   * reference to such an object is `NOT_FOUND` afterwards, or `RELEASED` with `tombstone`.
   *
   * @param options see {@link ReleaseOptions}
   * @returns how many objects were deleted; with `dryRun`, how many would be deleted. Markers of `done` don't count.
   * @throws {StorageError} `INVALID_PATH`, `CONFIG_INVALID`, `STORAGE_DISABLED`, what the store rejects with
   *
   * @example
   * await manager.release("run-42", { tombstone: 24 * 60 * 60 * 1000 });
   */
  release(scope: string, options: ReleaseOptions = {}): Promise<{ deleted: number }> {
    return calledHere(release(this.#parts, scope, options));
  }

  /**
   * Releases the scopes of the references in an envelope, as {@link StorageManager.release} does. Only references
   * below this manager's `outputPrefix` or `inputPrefix`, or below the `prefix` of the call, count. References
   * elsewhere are left alone.
   *
   * @param value what `dehydrate` returned
   * @returns how many objects were deleted, and the scopes that were released
   * @throws {StorageError}
   * - before anything is deleted: `INVALID_REFERENCE`, and where signing is on, `SIGNATURE_INVALID` for a reference
   *   without a good signature (an expired signature still counts)
   * - as `release` does
   *
   * @example
   * await manager.releaseOf(message); // { deleted: 3, scopes: ["order-42"] }
   */
  releaseOf(value: unknown, options: ReleaseOptions = {}): Promise<{ deleted: number; scopes: string[] }> {
    return calledHere(releaseOf(this.#parts, value, options));
  }

  /**
   * Records that one reader of a payload is done with it, and releases its scope when all readers are done. A reader
   * may report more than once, since brokers deliver more than once. Readers are a set of names, and are not counted.
   *
   * The reports are kept beside the payload until `collect` removes them. So use a scope for one payload only.
   *
   * @param scope the scope that was given to `dehydrate`
   * @param reader a name for the calling reader, such as the name of its queue
   * @param options `readers`: the names of all readers, the same in every call
   * @returns the readers that are not done yet, and how many objects were deleted
   * @throws {StorageError} `CONFIG_INVALID` when `readers` does not name the reader, `INVALID_PATH`,
   *   `STORAGE_DISABLED`, what the store rejects with
   *
   * @example
   * await manager.done("order-42", "billing", { readers: ["billing", "search"] }); // { remaining: ["search"], deleted: 0 }
   */
  done(scope: string, reader: string, options: DoneOptions): Promise<{ remaining: string[]; deleted: number }> {
    return calledHere(done(this.#parts, scope, reader, options));
  }

  /**
   * Deletes objects that are no longer needed. These are objects whose label has expired (see `ttl`), and leftovers
   * of calls that died. With `live`, they are also objects that no payload in use leads to.
   *
   * One pass looks at up to `maxScan` objects and deletes up to `maxDelete`. The next pass continues where it ended.
   * Over all processes, one pass runs in each `gcInterval`. Call this method by a timer, in as many processes as you
   * like, or set `retention.auto`.
   *
   * Users' own objects are never touched. Objects that can't be deleted are in the report, and the next pass tries
   * them again. A pass that is broken off has deleted what it could, and nothing else.
   *
   * @param options see {@link CollectOptions}
   * @throws {StorageError}
   * - `CONFIG_INVALID`, also for a `live` without a payload
   * - `LIMIT_EXCEEDED` when more than half of the objects would be deleted because nothing in `live` leads to them
   * - `STORAGE_DISABLED`, `TIMEOUT`, `ABORTED`, and what a listing rejects with
   *
   * @example
   * setInterval(() => manager.collect().catch(report), 60_000).unref();
   * const { deleted, kept } = await manager.collect({ all: true, dryRun: true });
   */
  collect(options: CollectOptions = {}): Promise<CollectReport> {
    return calledHere(collect(this.#parts, options));
  }

  /**
   * Checks whether this manager can work. Call it at the start of a program. It writes, reads, lists and deletes an
   * object of a few bytes below `outputPrefix`, under a reserved name. It skips steps that the store's `capability`
   * excludes. Nothing is left behind.
   *
   * @throws {StorageError} what is wrong, by name, and what would help: the bucket or directory, all rights that are
   *   missing, the credentials; `STORAGE_DISABLED`, `MISSING_DEPENDENCY`, `TIMEOUT`, `ABORTED`
   *
   * @example
   * await manager.check(); // before the first message is taken
   */
  check(options: CallOptions = {}): Promise<void> {
    return calledHere(check(this.#parts, options));
  }

  /**
   * Reports the storage that each scope takes, in the order of a listing. A scope inside another scope comes before
   * it. The `timeout` applies to each step.
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
   * Encrypts objects below a path prefix again if another key than the active one encrypted them. The old key can be
   * dropped afterwards. References to these objects stay good.
   *
   * Several objects are processed at a time, each as one step. If the call ends early, finished objects stay
   * finished, and `startAfter: lastPath` continues from there. The `timeout` applies to each object. Several
   * processes may do this at once, while others read, write and release.
   *
   * The newly encrypted object lies at the old path with `.reencrypted` added. Older versions of this package don't
   * find it there. A cache before the store, such as a {@link TieredStore}, may return the old object for a while. If
   * the store lacks `ifNoneMatch`, objects that are released meanwhile may need a second release. Pass paths as the
   * writers see them, with their `withPrefix`.
   *
   * @throws {StorageError} `CONFIG_INVALID` without `aes256gcm` among the codecs, `STORAGE_DISABLED`, `ABORTED`, and
   *   what a listing rejects with. The failure of a single object is in the report.
   * @example
   * const codecs = [aes256gcm({ keys: { old, new: fresh }, activeKeyId: "new" })];
   * const report = await new StorageManager({ store, codecs }).reencrypt("outputs/");
   * if (report.failed === 0) console.log("The old key is not needed any more.");
   */
  reencrypt(prefix: string, options: ReencryptOptions = {}): Promise<ReencryptReport> {
    return calledHere(reencryptObjects(this.#parts, prefix, options));
  }

  /**
   * Reads again what was stored for a dehydrated payload, and reports all problems. See {@link VerifyReport}. A
   * string is a payload too, without references. The `timeout` applies to each object.
   *
   * @throws {StorageError} `CONFIG_INVALID`, `ABORTED`, `STORAGE_DISABLED`
   */
  verify(payload: unknown, options: VerifyOptions = {}): Promise<VerifyReport> {
    return calledHere(verify({ payload }, options, this.#parts));
  }

  /**
   * Reads again all objects whose path begins with a prefix, and reports all problems. See {@link VerifyReport}. The
   * prefix `""` stands for all objects. The `timeout` applies to each object.
   *
   * @throws {StorageError} `CONFIG_INVALID`, `ABORTED`, `STORAGE_DISABLED`, `INVALID_PATH`, what the listing fails
   *   with
   */
  verifyPrefix(prefix: string, options: VerifyPrefixOptions = {}): Promise<VerifyReport> {
    return calledHere(verify({ prefix }, options, this.#parts));
  }

  /**
   * Closes the store, within `timeout`. A second call does nothing. Closing a tenant's manager does nothing, because
   * the store and the caches are not its own.
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
