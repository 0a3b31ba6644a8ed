import { declareOwnStore } from "../../guard/own-stores.js";
import { openListing } from "../../open-listing.js";
import { endingSource } from "../../body-source.js";
import { StorageError, isStorageError } from "../../../errors/error.js";
import { schemeOf, splitLocation, type Target } from "../../../paths/location.js";
import type { Observers } from "../../../observe/observer.js";
import { assertPath, assertPrefix, invalidPath } from "../../../paths/path.js";
import { abortable, throwIfAborted } from "../../../async/abort.js";
import { giveUp } from "../../../async/give-up.js";
import { assertOptions } from "../../call-options.js";
import type { Capability } from "../../capability.js";
import { unknownScheme, type CallDetails } from "../../check.js";
import { checkListed } from "../../listed-object.js";
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
import { assertArgument } from "../../../options/argument.js";
import { guardedStore } from "../../guard/guarded-store.js";
import { copyAcross } from "./copy-across.js";
import { parseRoutingOptions, type RoutingStoreOptions, type SchemeFactory, type SchemeStores } from "./options.js";
import { asGiven, asListed, givenError, routed, routedResult, type Route } from "./route.js";
import { restated } from "../../../errors/as-storage-error.js";
import { SchemeTable } from "./scheme-table.js";
import { StorePool } from "./store-pool.js";

/**
 * Routes each path to a store. A plain path belongs to the primary store. An absolute path,
 * `scheme://container/path`, leads to the store of its scheme and container. That store is opened at its first use.
 * Several calls at the same time open it once. If the opening failed, the next call opens it again. Schemes without
 * configuration take the credentials of the environment.
 *
 * An absolute path is percent-encoded behind the container. Results and errors carry the path as the caller wrote it.
 * A listing gives one form for all ways to write a path, in the order of the decoded paths. Errors name the store
 * that the path leads to. A path whose scheme has no store is `UNKNOWN_SCHEME` before any I/O.
 *
 * `copy` stays inside one store if both paths lead to it. Otherwise it streams the object. The copy keeps content
 * type and metadata if the other store can keep them. `observer` hears of those that it can't keep.
 *
 * @example
 * const store = new RoutingStore({
 *   primary: new FileStore({ root: "/var/lib/payloads" }),
 *   schemes: { redis: () => new RedisStore({ url: "redis://localhost" }) },
 * });
 * await store.write("runs/42.json", "{}"); // a file
 * await store.copy("runs/42.json", "s3://archive/runs/42.json"); // with the credentials of the environment
 */
export class RoutingStore implements Store {
  readonly name = "routing";
  readonly #primary: Store;
  readonly #schemes: SchemeTable;
  readonly #poolKey: (target: Target) => string;
  readonly #observer: Observers | undefined;
  readonly #pool = new StorePool();
  #closing: Promise<void> | undefined;

  /** @throws {StorageError} `CONFIG_INVALID` that names every wrong option, or a scheme that has two meanings */
  constructor(options: RoutingStoreOptions) {
    const parsed = parseRoutingOptions(options);
    this.#primary = guardedStore(parsed.primary);
    this.#schemes = new SchemeTable(parsed);
    this.#poolKey = parsed.poolKey ?? containerOf;
    this.#observer = parsed.observer;
  }

  /** The capability of the primary. For other paths see {@link RoutingStore.capabilityOf}. */
  get capability(): Readonly<Capability> {
    return this.#primary.capability;
  }

  /**
   * Whether paths of the scheme have a store. True for every scheme if `onUnknownScheme` is `"primary"`.
   *
   * @throws {StorageError} `CONFIG_INVALID` for a scheme that is no string
   */
  routes(scheme: string): boolean {
    assertArgument(typeof scheme === "string", "RoutingStore.routes", "scheme: must be a string");
    return this.#schemes.knows(scheme);
  }

  /** All schemes and aliases that have a store. */
  get schemes(): readonly string[] {
    return this.#schemes.names;
  }

  /**
   * Adds a scheme. The store or factory serves paths of the scheme from then on. It is closed with this store.
   *
   * @param stores as in the option `schemes`
   * @throws {StorageError} `CONFIG_INVALID` for a name that is no scheme, and for a scheme that is known already. The
   *   option `schemes` can replace a scheme that is built in.
   * @example
   * store.registerScheme("ipfs", ({ container }) => new IpfsStore({ gateway: container }));
   */
  registerScheme(scheme: string, stores: SchemeStores): void {
    this.#schemes.register(scheme, stores);
  }

  /** Returns the capability of the store that a path leads to. The call opens that store. */
  async capabilityOf(path: string, options: CallOptions = {}): Promise<Readonly<Capability>> {
    const route = this.#route(path, "capabilityOf");
    assertOptions("call", options, { operation: "capabilityOf", store: this.name, path });
    assertPath(route.path, "capabilityOf", this.name);
    const store = await this.#storeOf(route, "capabilityOf", options.signal);
    return (await routed(store.capabilityOf?.(route.path, options), route)) ?? store.capability;
  }

  write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    return endingSource(body, (source) => this.#write(path, source, options));
  }

  async #write(path: string, body: StoreBody, options: WriteOptions): Promise<ObjectInfo> {
    const route = this.#route(path, "write");
    assertOptions("write", options, { operation: "write", store: this.name, path });
    const store = await this.#storeOf(route, "write", options.signal);
    return asGiven(await routed(store.write(route.path, body, options), route), route);
  }

  async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    const route = this.#route(path, "read");
    assertOptions("read", options, { operation: "read", store: this.name, path });
    const store = await this.#storeOf(route, "read", options.signal);
    return routedResult(await routed(store.read(route.path, options), route), route);
  }

  async stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    const route = this.#route(path, "stat");
    assertOptions("call", options, { operation: "stat", store: this.name, path });
    const store = await this.#storeOf(route, "stat", options.signal);
    return asGiven(await routed(store.stat(route.path, options), route), route);
  }

  async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    const route = this.#route(path, "delete");
    assertOptions("delete", options, { operation: "delete", store: this.name, path });
    const store = await this.#storeOf(route, "delete", options.signal);
    await routed(store.delete(route.path, options), route);
  }

  /**
   * Lists objects. `prefix` is the beginning of a plain path, or `scheme://container/` with or without the beginning
   * of a path.
   */
  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    const route = this.#route(prefix, "list", assertPrefix);
    assertOptions("list", options, { operation: "list", store: this.name, path: prefix });
    const startAfter = this.#startAfter(options.startAfter, route);
    const store = await this.#storeOf(route, "list", options.signal);
    const checked = checkListed(route.path, store.name);
    try {
      for await (const info of openListing(store, route.path, { ...options, startAfter }))
        yield asListed(checked(info), route);
    } catch (error) {
      throw givenError(error, route);
    }
  }

  async copy(from: string, to: string, options: CallOptions = {}): Promise<ObjectInfo> {
    const [source, target] = [this.#route(from, "copy"), this.#route(to, "copy")];
    assertOptions("call", options, { operation: "copy", store: this.name, path: from });
    if (source.target !== undefined || target.target !== undefined) {
      for (const { path } of [source, target]) assertPath(path, "copy", this.name); // before a store is opened
    }
    const storeOf = (route: Route): Promise<Store> => this.#storeOf(route, "copy", options.signal);
    const [fromStore, toStore] = await Promise.all([storeOf(source), storeOf(target)]);
    if (fromStore === toStore) {
      return asGiven(await routed(fromStore.copy(source.path, target.path, options), source, target), target);
    }
    const ends = [
      { store: fromStore, route: source },
      { store: toStore, route: target },
    ] as const;
    return copyAcross(...ends, options, this.#observer);
  }

  async presign(path: string, options: PresignOptions): Promise<string> {
    const route = this.#route(path, "presign");
    assertOptions("presign", options, { operation: "presign", store: this.name, path });
    const store = await this.#storeOf(route, "presign", undefined);
    return routed(store.presign(route.path, options), route);
  }

  /**
   * Closes the primary, the stores that `schemes` or `registerScheme` were given, and the stores that were opened. A
   * factory that was not used yet makes no store for this. A store that is still being opened is closed as soon as it
   * is open. Absolute paths of factories are `UNAVAILABLE` from then on. Idempotent.
   *
   * @throws {StorageError} what a store rejected with, when all others are closed
   */
  close(): Promise<void> {
    return (this.#closing ??= closeAll([...this.#pool.close(), ...this.#schemes.stores, this.#primary], this.name));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Splits a path into target and object path. The primary checks a plain path itself. */
  #route(text: string, operation: string, assertPlain = assertPath): Route {
    if (typeof text !== "string" || schemeOf(text) === undefined) return { text, path: text };
    const location = splitLocation(
      text,
      (path) => assertPlain(path, operation, this.name),
      (problem) => invalidPath("object path", problem, operation, this.name),
    );
    return { text, ...location };
  }

  async #storeOf(route: Route, operation: string, signal: AbortSignal | undefined): Promise<Store> {
    if (route.target === undefined) return this.#primary;
    const target = this.#resolved(route.target);
    const found = this.#schemes.find(target);
    const details = { operation, store: this.name, path: route.text };
    if (found === undefined) {
      throw unknownScheme(this.schemes, operation, this, route.text);
    }
    if (found === "primary") return this.#primary;
    if (typeof found === "object") return found;
    throwIfAborted(signal, details);
    return abortable(this.#opened(found, target, details), signal, details);
  }

  async #opened(factory: SchemeFactory, target: Target, details: CallDetails): Promise<Store> {
    try {
      const key: unknown = factory.perContainer === true ? containerOf(target) : this.#poolKey(target);
      if (typeof key !== "string") {
        giveUp(() => key); // a promise may reject
        throw new StorageError("CONFIG_INVALID", "The option poolKey must give strings.");
      }
      return await this.#pool.get(`${target.scheme}://${key}`, () => factory(target));
    } catch (error) {
      if (isStorageError(error)) throw restated(error, { ...details, store: error.store ?? details.store });
      const message = "The store that the path leads to could not be opened; see the cause.";
      throw new StorageError("UNEXPECTED", message, { ...details, cause: error });
    }
  }

  #startAfter(startAfter: string | undefined, { target }: Route): string | undefined {
    if (startAfter === undefined) return undefined;
    const start = this.#route(startAfter, "list", assertPrefix);
    if (start.target === undefined && target === undefined) return startAfter;
    assertPrefix(start.path, "list", this.name);
    if (start.target !== undefined && target !== undefined) {
      const [one, other] = [this.#resolved(start.target), this.#resolved(target)];
      if (one.scheme === other.scheme && one.container === other.container) return start.path;
    }
    const message = 'The option "startAfter" must be a path of the container that is listed.';
    throw new StorageError("CONFIG_INVALID", message, { operation: "list", store: this.name });
  }

  #resolved({ scheme, container }: Target): Target {
    return { scheme: this.#schemes.resolve(scheme), container };
  }

  static {
    declareOwnStore(this);
  }
}

function containerOf({ container }: Target): string {
  return container;
}

/**
 * Closes every store, even if others fail to close.
 *
 * @throws {StorageError} the failure, or an error whose cause is an `AggregateError` of several
 */
async function closeAll(stores: readonly Store[], name: string): Promise<void> {
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
