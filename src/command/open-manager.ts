import { OWN_PREFIX, type StorageSettings } from "../configure/env.js";
import { environmentOptions, fromEnvironment } from "../configure/environment-options.js";
import type { TimeToLive } from "../configure/retention.js";
import type { StorageManagerOptions } from "../configure/options.js";
import { StorageManager } from "../manager/storage-manager.js";
import { MemoryStore } from "../store/drivers/memory-store.js";
import type { Store } from "../store/store.js";
import { findConfigFile, readConfigFile } from "./config-file.js";
import { usageFailure } from "./failure.js";
import { environmentOf } from "./store-url.js";

/** Where the command line says that a store is. */
export interface Place {
  readonly store?: string | undefined;
  readonly config?: string | undefined;
  readonly envPrefix?: string | undefined;
}

/** Plans, without a store. */
export interface Planner {
  readonly manager: StorageManager;
  /** Whether there is a store, so that what is too big leaves. */
  readonly isStored: boolean;
}

/** What is known of a place without opening it. */
export interface Description {
  /** `undefined`: the store was made by a program. */
  readonly storage: StorageSettings | undefined;
  /** `none`, `file`, `s3`, `redis`, `gcs`, `azure`, or the name of another store. */
  readonly provider: string;
  readonly outputPrefix: string;
  readonly inputPrefix: string;
  readonly ttl: TimeToLive | undefined;
}

/** Opens managers and stores, each once, and closes them. */
export class OpenManagers {
  readonly #place: Place;
  readonly #env: NodeJS.ProcessEnv;
  readonly #cwd: string;
  readonly #opened: StorageManager[] = [];
  #own: Promise<StorageManager> | undefined;

  constructor(place: Place, env: NodeJS.ProcessEnv, cwd: string) {
    if (place.store !== undefined && place.config !== undefined) {
      throw usageFailure("Give one of --store and --config.");
    }
    this.#place = place;
    this.#env = env;
    this.#cwd = cwd;
  }

  /** The manager that the command line, a file or the environment says. */
  manager(): Promise<StorageManager> {
    return (this.#own ??= this.#open({}));
  }

  /** A manager of the same options over a memory: no client library is loaded. */
  async planner(): Promise<Planner> {
    const isStored = this.#hasStore;
    return { manager: await this.#open({ store: new MemoryStore() }), isStored };
  }

  /** The store of a URL, with the credentials of the environment. */
  async storeAt(url: string): Promise<Store> {
    const manager = await this.#fromEnv(environmentOf(url, this.#env, this.#prefix), {});
    return manager.store!;
  }

  /** What the command line, a file or the environment says of the place, without opening it. */
  async description(): Promise<Description> {
    const file = this.#file;
    const configuration = file === undefined ? {} : await readConfigFile(file, this.#cwd);
    const { store, ...given } = configuration as Partial<Omit<StorageManagerOptions, "store"> & { store: unknown }>;
    const url = this.#place.store ?? (typeof store === "string" ? store : undefined);
    const env = url === undefined ? this.#env : environmentOf(url, this.#env, this.#prefix);
    const options = isManager(configuration) ? {} : given;
    const over = { envPrefix: this.#prefix, options };
    const { settings, options: made } = fromEnvironment(env, environmentOptions(over, "coatcheck"));
    const { outputPrefix = "outputs", inputPrefix = "inputs", retention } = made;
    // A store that was made elsewhere says its name, and nothing of its place.
    const other = isManager(configuration) ? configuration.store : (store as Store | undefined);
    const isOther = file !== undefined && typeof store !== "string" && other !== undefined;
    return {
      storage: isOther ? undefined : settings.storage,
      provider: isOther ? other.name : settings.storage.provider,
      outputPrefix,
      inputPrefix,
      ttl: retention?.ttl,
    };
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#opened.map((manager) => manager.close()));
  }

  get #prefix(): string {
    return this.#place.envPrefix ?? OWN_PREFIX;
  }

  get #file(): string | undefined {
    return this.#place.store === undefined ? (this.#place.config ?? findConfigFile(this.#cwd)) : undefined;
  }

  get #hasStore(): boolean {
    if (this.#place.store !== undefined) return true;
    if (this.#file !== undefined) return true;
    const provider = this.#env[`${this.#prefix}STORAGE_PROVIDER`]?.trim().toLowerCase();
    return provider !== undefined && provider !== "" && provider !== "none";
  }

  async #open(over: Pick<StorageManagerOptions, "store">): Promise<StorageManager> {
    const file = this.#file;
    if (file !== undefined) return this.#fromFile(file, over);
    const { store } = this.#place;
    return this.#fromEnv(store === undefined ? this.#env : environmentOf(store, this.#env, this.#prefix), over);
  }

  async #fromFile(file: string, over: Pick<StorageManagerOptions, "store">): Promise<StorageManager> {
    const configuration = await readConfigFile(file, this.#cwd);
    if (isManager(configuration)) return this.#keep(configuration);
    const { store, ...options } = configuration as Omit<StorageManagerOptions, "store"> & { store?: unknown };
    if (typeof store !== "string")
      return this.#keep(new StorageManager({ ...options, store: store as Store, ...over }));
    return this.#fromEnv(environmentOf(store, this.#env, this.#prefix), { ...options, ...over });
  }

  async #fromEnv(env: NodeJS.ProcessEnv, options: StorageManagerOptions): Promise<StorageManager> {
    return this.#keep(await StorageManager.fromEnv(env, { envPrefix: this.#prefix, options }));
  }

  #keep(manager: StorageManager): StorageManager {
    this.#opened.push(manager);
    return manager;
  }
}

/** Also one of the other build of this package, or of another copy: it has the same face. */
function isManager(configuration: object): configuration is StorageManager {
  return ["dehydrate", "hydrate", "collect", "verify"].every(
    (method) => typeof (configuration as Record<string, unknown>)[method] === "function",
  );
}
