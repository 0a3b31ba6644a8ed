import { OWN_PREFIX, readEnvironment, type StorageSettings } from "../configure/env.js";
import { environmentOptions, fromEnvironment } from "../configure/environment-options.js";
import type { RetentionOptions, TimeToLive } from "../configure/retention.js";
import type { StorageManagerOptions } from "../configure/options.js";
import { settingsOf, StorageManager } from "../manager/storage-manager.js";
import { MemoryStore } from "../store/drivers/memory-store.js";
import type { Store } from "../store/store.js";
import { findConfigFile, readConfigFile, type Configuration } from "./config-file.js";
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
  /** The longest life of payloads, policies included. */
  readonly ttl: TimeToLive;
}

/** Opens managers and stores, each once, and closes them. */
export class OpenManagers {
  readonly #place: Place;
  readonly #env: NodeJS.ProcessEnv;
  readonly #cwd: string;
  readonly #opened: StorageManager[] = [];
  #own: Promise<StorageManager> | undefined;
  #read: Promise<Configuration> | undefined;

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
    return { manager: await this.#open({ store: new MemoryStore() }), isStored: await this.#hasStore() };
  }

  /** Opens the store of a URL, with credentials from the environment. */
  async storeAt(url: string): Promise<Store> {
    const manager = await this.#fromEnv(this.#envOf(url), {});
    return manager.store!;
  }

  /** Describes the place in the command line, a file or the environment, without opening it. */
  async description(): Promise<Description> {
    const configuration = await this.#configuration();
    if (isManager(configuration)) return descriptionOf(configuration);
    const { store, ...others }: FileOptions = configuration;
    const options = (typeof store === "string" ? others : configuration) as StorageManagerOptions;
    const given = environmentOptions({ envPrefix: this.#prefix, options }, "coatcheck");
    const { settings, options: made } = fromEnvironment(this.#envOf(this.#place.store ?? store), given);
    // A store from a module has a name, but no settings that describe its place.
    const storage = made.store === undefined ? settings.storage : undefined;
    const { outputPrefix = "outputs", retention } = made;
    return {
      storage,
      provider: made.store?.name ?? settings.storage.provider,
      outputPrefix,
      ttl: longestOf(retention),
    };
  }

  /**
   * Settings of the place of a store, without opening it. `undefined` if a program made the store.
   *
   * @param url of the store. Default: the store of the command line, the configuration file or the environment
   */
  async storageOf(url?: string): Promise<StorageSettings | undefined> {
    const configuration = await this.#configuration();
    const place: unknown = url ?? this.#place.store ?? (configuration as FileOptions).store;
    // A manager made by a configuration file needs no environment.
    if ((url === undefined && isManager(configuration)) || (place !== undefined && typeof place !== "string"))
      return undefined;
    return readEnvironment(this.#envOf(place), this.#prefix, {}).settings.storage;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#opened.map((manager) => manager.close()));
  }

  get #prefix(): string {
    return this.#place.envPrefix ?? OWN_PREFIX;
  }

  /** The content of the configuration file. It is read only once, because it may make a manager. */
  #configuration(): Promise<Configuration> {
    return (this.#read ??= this.#readFile());
  }

  async #readFile(): Promise<Configuration> {
    const { store, config = store === undefined ? findConfigFile(this.#cwd) : undefined } = this.#place;
    if (config === undefined) return {};
    const configuration = await readConfigFile(config, this.#cwd);
    return isManager(configuration) ? this.#keep(configuration) : configuration;
  }

  /** Returns the environment. The URL of a store overrides its variables. */
  #envOf(store: unknown): NodeJS.ProcessEnv {
    return typeof store === "string" ? environmentOf(store, this.#env, this.#prefix) : this.#env;
  }

  async #hasStore(): Promise<boolean> {
    const configuration = await this.#configuration();
    const { store }: FileOptions = configuration;
    if ((this.#place.store ?? store) !== undefined) return true;
    if (isManager(configuration)) return false;
    const provider = this.#env[`${this.#prefix}STORAGE_PROVIDER`]?.trim().toLowerCase();
    return provider !== undefined && provider !== "" && provider !== "none";
  }

  async #open(over: Pick<StorageManagerOptions, "store">): Promise<StorageManager> {
    const configuration = await this.#configuration();
    if (isManager(configuration)) return configuration;
    const { store, ...options }: FileOptions = configuration;
    if (store === undefined || typeof store === "string")
      return this.#fromEnv(this.#envOf(this.#place.store ?? store), { ...options, ...over });
    return this.#keep(new StorageManager({ ...options, store: store as Store, ...over }));
  }

  async #fromEnv(env: NodeJS.ProcessEnv, options: StorageManagerOptions): Promise<StorageManager> {
    return this.#keep(await StorageManager.fromEnv(env, { envPrefix: this.#prefix, options }));
  }

  #keep(manager: StorageManager): StorageManager {
    this.#opened.push(manager);
    return manager;
  }
}

/** Options in a file. `store` is a URL, a store, or invalid. */
type FileOptions = Omit<StorageManagerOptions, "store"> & { readonly store?: unknown };

/**
 * Says whether a configuration is a manager. A manager from the package's other build, or from another copy, also
 * counts. Such a manager has the same methods.
 */
function isManager(configuration: object): configuration is StorageManager {
  return ["dehydrate", "hydrate", "collect", "verify"].every(
    (method) => typeof (configuration as Record<string, unknown>)[method] === "function",
  );
}

function descriptionOf(manager: StorageManager): Description {
  const { store } = manager;
  const ttl = longestOf(settingsOf(manager)?.retention);
  return { storage: undefined, provider: store?.name ?? "none", outputPrefix: outputPrefixOf(manager), ttl };
}

// A manager from another copy of this package is known by its methods only.
const SCOPE = "scope-of-a-plan";

function outputPrefixOf(manager: StorageManager): string {
  const { value } = manager.plan("plan", { maxInlineSize: 0, scope: SCOPE });
  const [path] = Object.values(value as Readonly<Record<string, string>>) as [string];
  return path.slice(0, path.lastIndexOf(`/${SCOPE}/`));
}

function longestOf({ ttl = "never", policies = [] }: Pick<RetentionOptions, "ttl" | "policies"> = {}): TimeToLive {
  const all = [ttl, ...policies.map((policy) => policy.ttl)];
  return all.includes("never") ? "never" : Math.max(...(all as number[]));
}
