import { environmentOptions, fromEnvironment, type EnvironmentOptions } from "../configure/environment-options.js";
import { configurationKey } from "./configuration-key.js";
import { borrow, StorageManager } from "./storage-manager.js";

interface SharedManager {
  /** What callers have: it belongs to nobody, and its `close()` does nothing. */
  manager: StorageManager;
  owner: StorageManager;
}

type Registry = Map<string, Promise<SharedManager>>;

// One registry for the ESM and the CommonJS build of this version of it.
const REGISTRY = Symbol.for("coatcheck.sharedManagers.2");

function registry(): Registry {
  const holder = globalThis as unknown as Record<symbol, Registry | undefined>;
  return (holder[REGISTRY] ??= new Map<string, Promise<SharedManager>>());
}

/**
 * The manager of an environment, made by {@link StorageManager.fromEnv} on the first call and shared by all later calls
 * in this process whose variables and `options` mean the same. One that could not be made is tried again by the next call.
 *
 * `options` mean the same when their values are equal; of functions and instances, such as an observer or a codec, only the
 * very same one is. Make these once, outside of what is called often: a new one is a new manager.
 *
 * It belongs to nobody: `close()` and `await using` leave it open for the others. {@link resetSharedManagers} closes it.
 *
 * @param env default `process.env`
 * @param options as {@link StorageManager.fromEnv} takes them
 * @throws {StorageError} as `StorageManager.fromEnv` does
 *
 * @example
 * const manager = await sharedManager();
 */
export async function sharedManager(
  env: NodeJS.ProcessEnv = process.env,
  options: EnvironmentOptions = {},
): Promise<StorageManager> {
  const own = environmentOptions(options, "sharedManager");
  const { settings, options: made } = fromEnvironment(env, own);
  // A store of the program's own takes the place of the one that the variables describe.
  const key = configurationKey(made.store === undefined ? settings.storage : undefined, made);
  const managers = registry();
  let shared = managers.get(key);
  if (shared === undefined) {
    shared = StorageManager.fromEnv(env, own).then((owner) => ({ owner, manager: borrow(owner) }));
    managers.set(key, shared);
    const entry = shared;
    shared.catch(() => {
      if (managers.get(key) === entry) managers.delete(key);
    });
  }
  return (await shared).manager;
}

/**
 * Closes all shared managers, and forgets them: the next call of {@link sharedManager} makes a new one. For tests, and
 * for the end of a process.
 *
 * @throws what the first manager that could not be closed gave, once all the others are closed
 */
export async function resetSharedManagers(): Promise<void> {
  const managers = registry();
  const made = [...managers.values()];
  managers.clear();
  const outcomes = await Promise.allSettled(
    made.map(async (shared) => {
      // Its caller hears of a manager that could not be made.
      const entry = await shared.catch(() => undefined);
      await entry?.owner.close();
    }),
  );
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
