import { createHash } from "node:crypto";
import stringify from "fast-json-stable-stringify";
import { environmentOptions, fromEnvironment, type EnvironmentOptions } from "../configure/environment-options.js";
import type { StorageManagerOptions } from "../configure/options.js";
import { managerSettings } from "../configure/settings.js";
import { isPlainObject } from "../json/is-object.js";
import { borrow, StorageManager } from "./storage-manager.js";

interface SharedManager {
  /** The manager that callers get. No caller owns it, and its `close()` does nothing. */
  manager: StorageManager;
  owner: StorageManager;
}

type Registry = Map<string, Promise<SharedManager>>;

// One registry for the ESM and the CommonJS build of this version of the registry.
const REGISTRY = Symbol.for("coatcheck.sharedManagers.2");

function registry(): Registry {
  const holder = globalThis as unknown as Record<symbol, Registry | undefined>;
  return (holder[REGISTRY] ??= new Map<string, Promise<SharedManager>>());
}

/**
 * Returns the manager of an environment, shared by all calls in this process whose variables and `options` mean the
 * same. The first call makes the manager with {@link StorageManager.fromEnv}. If that fails, the next call tries
 * again.
 *
 * Two `options` mean the same when their values are equal. A function or an instance, such as an observer or a codec,
 * is equal only to itself. Make functions and instances once, outside of code that runs often: every new one makes a
 * new manager.
 *
 * No caller owns the manager: `close()` and `await using` leave it open for the others. {@link resetSharedManagers}
 * closes it.
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
  // A store that the program passes replaces the store that the variables describe.
  const key = configurationKey(made.store === undefined ? settings.storage : undefined, withDefaults(made));
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

/** Fills in the defaults of what variables can say. A default that is written out makes no other configuration. */
function withDefaults(options: StorageManagerOptions): StorageManagerOptions {
  const { maxInlineSize, maxEnvelopeSize, maxRecursionDepth, concurrency, timeout, outputPrefix, inputPrefix } =
    managerSettings(options);
  const sizes = { maxInlineSize, maxEnvelopeSize, maxRecursionDepth, concurrency, timeout };
  return { ...options, ...sizes, outputPrefix, inputPrefix };
}

/**
 * Closes all shared managers, and forgets them. The next call of {@link sharedManager} makes a new manager. For
 * tests, and for the end of a process.
 *
 * @throws the error of the first manager that could not be closed, after all the others are closed
 */
export async function resetSharedManagers(): Promise<void> {
  const managers = registry();
  const made = [...managers.values()];
  managers.clear();
  const outcomes = await Promise.allSettled(
    made.map(async (shared) => {
      // If a manager could not be made, the caller that asked for it got the error.
      const entry = await shared.catch(() => undefined);
      await entry?.owner.close();
    }),
  );
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

// Shared by the ESM and the CommonJS build, like the registry that uses these keys.
const IDENTITIES = Symbol.for("coatcheck.sharedManagers.identities");

interface Identities {
  readonly numbers: WeakMap<object, number>;
  last: number;
}

/**
 * Returns a key for what a configuration means, however it is written. Plain objects, lists and bytes count by their
 * content. Everything else that has an identity (functions, instances of classes) counts by its identity. The key is
 * a hash, so that it holds no credentials.
 */
function configurationKey(...parts: readonly unknown[]): string {
  return createHash("sha256")
    .update(stringify(parts.map((part) => nameOf(part, []))))
    .digest("hex");
}

function nameOf(value: unknown, above: readonly object[]): unknown {
  if (typeof value === "function") return numberOf(value);
  if (typeof value !== "object" || value === null) return [typeof value, String(value)];
  if (ArrayBuffer.isView(value))
    return ["bytes", Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex")];
  // A value that contains itself has no finite content to name.
  if (above.includes(value)) return numberOf(value);
  const within = [...above, value];
  if (Array.isArray(value)) return value.map((item) => nameOf(item, within));
  if (!isPlainObject(value)) return numberOf(value);
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, nameOf(field, within)]));
}

function numberOf(value: object): unknown {
  const identities = sharedIdentities();
  let number = identities.numbers.get(value);
  if (number === undefined) identities.numbers.set(value, (number = ++identities.last));
  return ["object", number];
}

function sharedIdentities(): Identities {
  const holder = globalThis as unknown as Record<symbol, Identities | undefined>;
  return (holder[IDENTITIES] ??= { numbers: new WeakMap(), last: 0 });
}
