import { restated } from "../../errors/as-storage-error.js";
import { declareOwnStore } from "../guard/own-stores.js";
import { MAX_PATH_BYTES, pathProblem } from "../../paths/path.js";
import { checkStat, isListed, type CallDetails } from "../check.js";
import type { Capability } from "../capability.js";
import { StorageError, isStorageError } from "../../errors/error.js";
import { formatLocation, schemeOf, splitLocation, type Location } from "../../paths/location.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  ObjectListing,
  PresignOptions,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../store.js";
import { checkListed, type CheckListed } from "../listed-object.js";
import { CallLayer } from "./call-layer.js";
import { declarePlace } from "../place.js";
import { checkedStore } from "../is-store.js";
import { relayed } from "../../async/relayed.js";
import { relayedResult } from "./relayed-result.js";

/**
 * Shows what lies below `prefix/` in a store as a store of its own. Paths that go in and come out are without the
 * prefix, even in errors. No path leads out of the prefix. Over a store that routes, the prefix may be
 * `scheme://container/prefix`, or `scheme://container/` for all of a container. Callers give plain paths in any case,
 * since an absolute path would lead out. The capability is then that of the router, which is the capability of its
 * primary. If the target can do more, put the prefix over the target itself.
 *
 * A path may have 1,024 bytes together with the prefix and a slash. `capability.maxPathLength` says how many are
 * left. A presigned URL shows the prefix to its holder.
 *
 * @param prefix an object path, with or without a slash at its end
 * @throws {StorageError} `CONFIG_INVALID`
 * @example
 * const store = withPrefix(bucket, "tenants/42");
 * await store.write("runs/1.json", "{}"); // tenants/42/runs/1.json
 */
export function withPrefix(store: Store, prefix: string): Store {
  return new PrefixLayer(checkedStore(store, "withPrefix"), parsePrefix(store, prefix));
}

class PrefixLayer extends CallLayer {
  readonly #base: Location;
  readonly #capability: Readonly<Capability>;

  constructor(inner: Store, base: Location) {
    super(inner);
    this.#base = base;
    declarePlace(this, this.inner, formatLocation(base));
    this.#capability = this.#shortened(inner.capability);
  }

  override get capability(): Readonly<Capability> {
    return this.#capability;
  }

  override routes(): boolean {
    return false;
  }

  override get schemes(): undefined {
    return undefined;
  }

  override async capabilityOf(path: string, options: CallOptions = {}): Promise<Readonly<Capability>> {
    checkStat(this, path, options);
    return this.#named(async () => {
      const capability = await this.inner.capabilityOf?.(this.#outer(path), options);
      return capability === undefined ? this.capability : this.#shortened(capability);
    });
  }

  protected override async writeChecked(
    path: string,
    source: StoreBody,
    options: WriteOptions,
    details: CallDetails,
  ): Promise<ObjectInfo> {
    const outer = this.#outer(path);
    const written = this.#named(() => this.below.writeChecked(outer, source, options, { ...details, path: outer }));
    return { ...(await written), path };
  }

  protected override async readChecked(path: string, options: ReadOptions, details: CallDetails): Promise<ReadResult> {
    const outer = this.#outer(path);
    const result = await this.#named(() => this.below.readChecked(outer, options, { ...details, path: outer }));
    const relay = { step: <T>(pull: () => Promise<T>) => this.#named(pull) };
    const { signal } = options;
    return relayedResult(result, relay, { store: this.name, signal }, { ...result.info, path });
  }

  protected override async statChecked(
    path: string,
    options: CallOptions,
    details: CallDetails,
  ): Promise<ObjectInfo | undefined> {
    const outer = this.#outer(path);
    const info = await this.#named(() => this.below.statChecked(outer, options, { ...details, path: outer }));
    return info && { ...info, path };
  }

  protected override deleteChecked(path: string, options: DeleteOptions, details: CallDetails): Promise<void> {
    const outer = this.#outer(path);
    return this.#named(() => this.below.deleteChecked(outer, options, { ...details, path: outer }));
  }

  protected override async *listChecked(prefix: string, options: ListOptions, details: CallDetails): ObjectListing {
    if (!this.#fits(prefix)) return; // no path is that long
    const { startAfter, limit, ...others } = options;
    // A `startAfter` that is longer than any path here can't be given to the store below. It still has its place in
    // the order.
    const inner =
      startAfter === undefined || this.#fits(startAfter)
        ? { ...others, limit, ...(startAfter !== undefined && { startAfter: this.#outer(startAfter) }) }
        : others;
    const outer = this.#outer(prefix);
    const checked = checkListed(outer, this.name);
    const listing = this.below.listChecked(outer, inner, details);
    let listed = 0;
    for await (const info of relayed(listing, (next) => this.#named(next))) {
      if (listed === limit) return;
      const mine = this.#listed(checked, info);
      if (!isListed(mine.path, prefix, startAfter)) continue;
      yield mine;
      if (++listed === limit) return;
    }
  }

  protected override async copyChecked(
    from: string,
    to: string,
    options: CallOptions,
    details: CallDetails,
  ): Promise<ObjectInfo> {
    const [outer, target] = [this.#outer(from), this.#outer(to)];
    const copied = this.#named(() => this.below.copyChecked(outer, target, options, { ...details, path: outer }));
    return { ...(await copied), path: to };
  }

  protected override presignChecked(path: string, options: PresignOptions): Promise<string> {
    return this.#named(() => this.below.presignChecked(this.#outer(path), options));
  }

  /** Returns the path as the store below knows it. */
  #outer(path: string): string {
    return formatLocation({ ...this.#base, path: this.#base.path + path });
  }

  /** Returns the path as the caller knows it. Returns `undefined` for a path that is not below the prefix. */
  #own(outer: string): string | undefined {
    const { target, path: base } = this.#base;
    if (target === undefined) return outer.startsWith(base) ? outer.slice(base.length) : undefined;
    if (schemeOf(outer) === undefined) return undefined;
    const { path } = splitLocation(outer);
    return path.startsWith(base) ? path.slice(base.length) : undefined;
  }

  /** Describes a listed object of the store below under the caller's path. */
  #listed(checked: CheckListed, info: ObjectInfo): ObjectInfo {
    try {
      return { ...info, path: this.#own(checked(info).path)! };
    } catch (error) {
      throw this.#renamed(error);
    }
  }

  #fits(text: string): boolean {
    return Buffer.byteLength(text) <= this.#capability.maxPathLength!;
  }

  #shortened(capability: Readonly<Capability>): Readonly<Capability> {
    const { maxPathLength = MAX_PATH_BYTES } = capability;
    return Object.freeze({ ...capability, maxPathLength: maxPathLength - Buffer.byteLength(this.#base.path) });
  }

  /** Runs a call of the store below. Its errors name the path as the caller knows it. */
  async #named<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw this.#renamed(error);
    }
  }

  #renamed(error: unknown): unknown {
    if (!isStorageError(error) || error.path === undefined) return error;
    const path = this.#own(error.path);
    if (path === undefined) return error;
    return restated(error, { path, cause: this.#renamed(error.cause) });
  }

  static {
    declareOwnStore(this);
  }
}

/** Checks a prefix. Returns it with a slash at its end, unless it is the prefix of a whole container. */
function parsePrefix(store: Store, prefix: string): Location {
  const text: unknown = prefix;
  if (typeof text !== "string") throw invalidPrefix("it is not a string");
  const scheme = schemeOf(text);
  if (scheme !== undefined && store.routes?.(scheme) !== true) throw invalidPrefix("the store knows no such scheme");
  const { target, path } = splitLocation(text, undefined, invalidPrefix);
  const base = path.replace(/\/$/, "");
  if (base === "" && target !== undefined) return { target, path: "" };
  const problem = pathProblem(base);
  if (problem !== undefined) throw invalidPrefix(problem);
  const { maxPathLength = MAX_PATH_BYTES } = store.capability;
  if (Buffer.byteLength(base) + 1 >= maxPathLength) throw invalidPrefix("it leaves no room for paths");
  return { ...(target !== undefined && { target }), path: `${base}/` };
}

function invalidPrefix(problem: string): StorageError {
  return new StorageError("CONFIG_INVALID", `The prefix of withPrefix is not valid: ${problem}.`, {
    operation: "configure",
  });
}
