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

/** The place of a store, as the command line gives it. */
export interface Place {
  readonly store?: string | undefined;
  readonly config?: string | undefined;
  readonly envPrefix?: string | undefined;
}

/** A manager that plans without the real store. */
export interface Planner {
  readonly manager: StorageManager;
  /** Whether a store is configured. Only then do large values leave the payload. */
  readonly isStored: boolean;
}

/** Facts about a place, known without opening it. */
export interface Description {
  /** `undefined` if a program made the store. */
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

  /** Opens the manager that the command line, a file or the environment describes. */
  manager(): Promise<StorageManager> {
    return (this.#own ??= this.#open({}));
  }

  /** Opens a manager of the same options over a memory store. Loads no client library. */
  async planner(): Promise<Planner> {
    const isStored = this.#hasStore;
    return { manager: await this.#open({ store: new MemoryStore() }), isStored };
  }

  /** Opens the store of a URL, with credentials from the environment. */
  async storeAt(url: string): Promise<Store> {
    const manager = await this.#fromEnv(environmentOf(url, this.#env, this.#prefix), {});
    return manager.store!;
  }

  /** Describes the place in the command line, a file or the environment, without opening it. */
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
    // A store from a module has a name, but no settings that describe its place.
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

/**
 * Says whether a configuration is a manager. A manager from the package's other build, or from another copy, also
 * counts. Such a manager has the same methods.
 */
function isManager(configuration: object): configuration is StorageManager {
  return ["dehydrate", "hydrate", "collect", "verify"].every(
    (method) => typeof (configuration as Record<string, unknown>)[method] === "function",
  );
}
