import { NO_OBJECT } from "../../no-object.js";
import { openListing } from "../../open-listing.js";
import { redescribed } from "../../read-result.js";
import { StorageError } from "../../../errors/error.js";
import type {
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  ObjectListing,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../../store.js";
import { checkListed, liesElsewhere } from "../../listed-object.js";
import { Commit } from "./commit.js";
import { DescribedObjects, type Look } from "./described-objects.js";
import { linkBody, MAX_LINK_HOPS, newMark } from "./link.js";
import { locksOf, type PathLocks } from "./path-locks.js";
import { END_OF_RESERVED, isReserved, type Attributes } from "./sidecar.js";
import { asOwn, onBehalf, Sidecars, type SidecarCall } from "./sidecars.js";

// Most attempts of a copy whose source changes meanwhile.
const MOST_COPIES = 4;

/** The features that are emulated, apart from copies. */
export interface SidecarSettings {
  /** Whether objects can have sidecars, for links and for attributes that the store can't keep. */
  readonly sidecars: boolean;
  readonly links: boolean;
  /** Whether `ifNoneMatch` is emulated. */
  readonly ifAbsent: boolean;
}

/** The objects of a store, together with what is kept beside them. */
export class ObjectsWithSidecars {
  readonly #sidecars: Sidecars;
  readonly #described: DescribedObjects;
  readonly #locks: PathLocks;

  constructor(
    private readonly store: Store,
    readonly settings: SidecarSettings,
  ) {
    this.#sidecars = new Sidecars(store);
    this.#locks = locksOf(store);
    this.#described = new DescribedObjects(store, this.#sidecars, this.#locks, settings.links);
  }

  async write(path: string, body: StoreBody, options: WriteOptions, call: SidecarCall): Promise<ObjectInfo> {
    const { own, beside } = this.#divide(options);
    const assertAllowed = async (): Promise<void> => {
      if (options.ifNoneMatch === undefined || !this.settings.ifAbsent) return;
      const there = await onBehalf(path, call, () => this.store.stat(path, { signal: call.signal }));
      if (there !== undefined) throw new StorageError("ALREADY_EXISTS", "An object is already there.", call.details);
    };
    const commit = new Commit(this.#locks, path, call, assertAllowed);
    return commit.run(
      body,
      (gated) => this.store.write(path, gated, own),
      async (info) => {
        if (!this.settings.sidecars) return info;
        await this.#sidecars.keep(path, beside, info, call);
        return withAttributes({ ...info, path }, beside);
      },
    );
  }

  async read(path: string, options: ReadOptions, call: SidecarCall): Promise<ReadResult> {
    if (!this.settings.sidecars) return this.store.read(path, options);
    const look = (at: string): Look<ReadResult> => ({
      find: () => onBehalf(path, call, () => this.store.read(at, options)),
      infoOf: (result) => result.info,
      discard: (result) => result.cancel(),
    });
    // A read of a missing object rejects.
    const { found, attributes } = (await this.#follow(path, look, call))!;
    const info = { ...withAttributes(found.info, attributes), path };
    return redescribed(found, info, (error) => asOwn(error, path, call));
  }

  async stat(path: string, call: SidecarCall): Promise<ObjectInfo | undefined> {
    if (!this.settings.sidecars) return this.store.stat(path, { signal: call.signal });
    const described = await this.#follow(path, (at) => this.#statLook(at, path, call), call);
    return described && { ...withAttributes(described.found, described.attributes), path };
  }

  async delete(path: string, options: DeleteOptions, call: SidecarCall): Promise<void> {
    await this.#alone(path, call, async () => {
      await this.store.delete(path, options);
      if (this.settings.sidecars) await this.#sidecars.remove(path, call);
    });
  }

  async *list(prefix: string, options: ListOptions): ObjectListing {
    const { limit = Infinity } = options;
    let { startAfter } = options;
    let left = limit;
    const checked = checkListed(prefix, this.store.name);
    for (;;) {
      const rest = { ...options, startAfter, ...(limit !== Infinity && { limit: left }) };
      let hidden = false;
      for await (const info of openListing(this.store, prefix, rest)) {
        checked(info);
        // There may be as many sidecars as objects, so the listing begins again behind them.
        hidden = this.settings.sidecars && isReserved(info.path);
        // Without this check, the listing would begin again for ever.
        if (hidden && startAfter === END_OF_RESERVED) throw liesElsewhere(prefix, this.store.name);
        if (hidden) break;
        yield info;
        left--;
      }
      if (!hidden || left === 0) return;
      startAfter = END_OF_RESERVED;
    }
  }

  /**
   * Returns the object at `to`, if `from` leads to it. It is not copied onto itself, since a failure midway would
   * separate the object from its attributes.
   */
  async sameObject(from: string, to: string, call: SidecarCall): Promise<ObjectInfo | undefined> {
    if (!this.settings.sidecars || (from !== to && !this.settings.links)) return undefined;
    const source = await this.#source(from, call);
    return source.at === to ? withAttributes(source.found, source.attributes) : undefined;
  }

  /** Makes a copy in the store, which does not know the attributes beside the object. */
  async copy(from: string, to: string, call: SidecarCall): Promise<ObjectInfo> {
    const { signal, details } = call;
    if (!this.settings.sidecars) return this.#alone(to, call, () => this.store.copy(from, to, { signal }));
    for (let copies = 0; copies < MOST_COPIES; copies++) {
      const source = await this.#source(from, call);
      const copied = await this.#alone(to, call, async () => {
        const info = await onBehalf(from, call, () => this.store.copy(source.at, to, { signal }));
        // Attributes and bytes belong to one version only if the source is still the same.
        if (!(await this.#isStill(source, call))) return undefined;
        await this.#sidecars.keep(to, source.attributes, info, call);
        return withAttributes({ ...info, path: to }, source.attributes);
      });
      if (copied !== undefined) return copied;
    }
    throw new StorageError("UNAVAILABLE", "The object kept changing while it was being copied.", details);
  }

  async link(target: string, path: string, call: SidecarCall): Promise<void> {
    await this.#alone(path, call, async () => {
      const mark = newMark();
      const link = { mark, target };
      // The sidecar knows the new link before the link is there, and the old one until it is gone.
      const [old, current] = await Promise.all([this.#sidecars.read(path, call), this.#described.markAt(path, call)]);
      const kept = old?.links?.filter((known) => known.mark === current) ?? [];
      await this.#sidecars.write({ ...old, format: 1, path, links: [...kept, link] }, call);
      await onBehalf(path, call, () => this.store.write(path, linkBody(mark), { signal: call.signal }));
      await this.#sidecars.write({ format: 1, path, links: [link] }, call);
    });
  }

  /** Returns the path of the object that a path leads to. Without a link, that is the path itself. */
  async resolve(path: string, call: SidecarCall): Promise<string> {
    if (!this.settings.links) return path;
    return (await this.#follow(path, (at) => this.#statLook(at, path, call), call))?.at ?? path;
  }

  async #follow<Found>(
    path: string,
    look: (path: string) => Look<Found>,
    call: SidecarCall,
  ): Promise<{ at: string; found: Found; attributes: Attributes | undefined } | undefined> {
    const passed = new Set([path]);
    for (let at = path; ;) {
      const described = await onBehalf(path, call, () => this.#described.look(at, look(at), call));
      if (described === undefined) return undefined;
      if (described.target === undefined) return { at, found: described.found, attributes: described.attributes };
      at = described.target;
      if (passed.has(at)) throw new StorageError("CYCLIC_REFERENCE", "The links lead in a circle.", call.details);
      if (passed.size > MAX_LINK_HOPS) {
        const message = `More than ${MAX_LINK_HOPS} links follow each other.`;
        throw new StorageError("RECURSION_LIMIT", message, call.details);
      }
      passed.add(at);
    }
  }

  async #source(from: string, call: SidecarCall) {
    const source = await this.#follow(from, (at) => this.#statLook(at, from, call), call);
    if (source !== undefined) return source;
    throw new StorageError("NOT_FOUND", NO_OBJECT, call.details);
  }

  async #isStill({ at, found }: { at: string; found: ObjectInfo }, call: SidecarCall): Promise<boolean> {
    const now = await this.#statLook(at, at, call).find();
    return (
      now !== undefined &&
      now.etag === found.etag &&
      now.size === found.size &&
      +(now.lastModified ?? 0) === +(found.lastModified ?? 0)
    );
  }

  #statLook(at: string, path: string, call: SidecarCall): Look<ObjectInfo> {
    return {
      find: () => onBehalf(path, call, () => this.store.stat(at, { signal: call.signal })),
      infoOf: (info) => info,
      discard: () => Promise.resolve(),
    };
  }

  /**
   * Splits the options of a write: those that the store keeps itself, and the attributes that have to lie beside the
   * object.
   */
  #divide(options: WriteOptions): { own: WriteOptions; beside: Attributes | undefined } {
    const { contentType, metadata, ifNoneMatch, ...others } = options;
    const { capability } = this.store;
    const own: WriteOptions = { ...others };
    const beside: Attributes = {};
    if (ifNoneMatch !== undefined && !this.settings.ifAbsent) own.ifNoneMatch = ifNoneMatch;
    if (contentType !== undefined) (capability.contentType ? own : beside).contentType = contentType;
    if (metadata !== undefined) (capability.metadata ? own : beside).metadata = { ...metadata };
    return { own, beside: Object.keys(beside).length === 0 ? undefined : beside };
  }

  /** Changes a path while no other call of this process changes it. */
  async #alone<T>(path: string, { signal, details }: SidecarCall, change: () => Promise<T>): Promise<T> {
    const leave = await this.#locks.acquire(path, signal, details);
    try {
      return await change();
    } finally {
      leave();
    }
  }
}

function withAttributes(info: ObjectInfo, attributes: Attributes | undefined): ObjectInfo {
  const { contentType, metadata } = attributes ?? {};
  return {
    ...info,
    ...(contentType !== undefined && { contentType }),
    ...(metadata !== undefined && { metadata: { ...metadata } }),
  };
}
