import { managerOptionsFromEnv } from "../../configure/create-store.js";
import type { EnvironmentOptions } from "../../configure/environment-options.js";
import type { StorageManagerOptions } from "../../configure/options.js";
import { StorageError } from "../../errors/error.js";
import { isPlainObject } from "../../json/is-object.js";
import { StorageManager } from "../../manager/storage-manager.js";
import { isReservedPath } from "../../object/reserved-names.js";
import { MemoryStore } from "../../store/drivers/memory-store.js";
import { CallJournal, type CallMatch, type RecordedCall } from "./call-journal.js";
import { MANAGER_METHODS, type Gives, type ManagerMethod } from "./manager-methods.js";
import { recordCall } from "./record-call.js";

/** Plans the answer to calls; see {@link RecordingManager.when}. */
export interface AnswerPlan {
  /** The calls return this value, each call its own copy. For a listing, it is an iterable. */
  resolves(value: unknown): void;
  /** The calls fail with this error. */
  rejects(error: unknown): void;
}

type Method = (...args: unknown[]) => unknown;

const METHODS = Object.entries(MANAGER_METHODS) as readonly (readonly [ManagerMethod, Gives])[];

/**
 * A manager for tests. It is a real manager, over a fresh {@link MemoryStore} unless it gets a `store`. It records
 * every call of its public methods, and answers with planned values where a test wants something else. No test
 * framework is needed.
 *
 * Arguments and values are recorded as they were at the time of the call. Plain objects, arrays, dates and
 * `Uint8Array`s are copied, so that later changes do not change the record. Streams, signals and functions are not
 * copied.
 *
 * A manager of `forTenant` records into the same `calls`, with its `tenant`, and answers by the same plans.
 *
 * @example
 * const manager = new RecordingManager({ maxInlineSize: 100 });
 * await handler({ manager, event });
 * assert.equal(manager.callsOf("dehydrate").length, 1);
 * assert.deepEqual(await manager.unreleased(), []);
 */
export class RecordingManager extends StorageManager {
  readonly #journal = new CallJournal();

  /** @throws {StorageError} `CONFIG_INVALID` that names every invalid option */
  constructor(options: StorageManagerOptions = {}) {
    super(withStore(options));
  }

  /**
   * The same for a manager that a program makes by {@link StorageManager.fromEnv}: as the variables say, over a fresh
   * {@link MemoryStore} where they name no store.
   *
   * @throws {StorageError} as `StorageManager.fromEnv` does
   */
  static override async fromEnv(
    env: NodeJS.ProcessEnv = process.env,
    options: EnvironmentOptions = {},
  ): Promise<RecordingManager> {
    return new RecordingManager(await managerOptionsFromEnv(env, options, "RecordingManager.fromEnv"));
  }

  /** All calls, in the order in which they began. */
  get calls(): readonly RecordedCall[] {
    return this.#journal.calls;
  }

  /**
   * Returns the calls of one method.
   *
   * @throws {StorageError} `CONFIG_INVALID` for a name that is not a method of a manager
   */
  callsOf<Method extends ManagerMethod>(method: Method): RecordedCall<Method>[] {
    assertMethod(method, "callsOf");
    return this.calls.filter((call): call is RecordedCall<Method> => call.method === method);
  }

  /**
   * Plans the answer to later calls of a method, in place of what they would do. The last plan counts. `plan` and
   * `select` return or throw the answer, because they return no promise.
   *
   * @param match which calls: `(...args) => boolean`, or a value that deeply equals their first argument. Default: all.
   *   A function that throws fails the call with `CONFIG_INVALID`
   * @throws {StorageError} `CONFIG_INVALID` for a name that is not a method of a manager
   * @example
   * manager.when("hydrate").rejects(new StorageError("UNAVAILABLE", "The store is away."));
   * manager.when("release", (scope) => scope.startsWith("run-42/")).resolves({ deleted: 3 });
   */
  when<Method extends ManagerMethod>(method: Method, match?: CallMatch<Method>): AnswerPlan {
    assertMethod(method, "when");
    return {
      resolves: (value) => this.#journal.plan(method, match, { fails: false, value }),
      rejects: (error) => this.#journal.plan(method, match, { fails: true, error }),
    };
  }

  /**
   * Returns the paths of dehydrated objects that were neither released nor deleted. This is everything in the store,
   * except blobs that `writeBlob` wrote and objects that managers keep for themselves. A store that you pass in should
   * hold nothing else.
   *
   * @throws {StorageError} the error of the store
   */
  async unreleased(): Promise<string[]> {
    const { blobs } = this.#journal;
    const paths: string[] = [];
    for await (const { path } of this.store!.list("")) if (!blobs.has(path) && !isReservedPath(path)) paths.push(path);
    return paths;
  }

  /** Forgets all calls and plans. Stored objects stay. Make a new manager for each test. */
  reset(): void {
    this.#journal.reset();
  }

  /** Makes methods of a class, or of one manager, record their calls. */
  static #record(target: object, journalOf: (manager: object) => CallJournal, tenant?: string): void {
    for (const [method, gives] of METHODS) {
      const original = Reflect.get(StorageManager.prototype, method) as Method;
      const value = function (this: StorageManager, ...args: unknown[]): unknown {
        const journal = journalOf(this);
        const make = (): unknown => {
          const made = original.apply(this, args);
          if (gives === "manager") RecordingManager.#record(made as object, () => journal, args[0] as string);
          return made;
        };
        return recordCall(journal, { method, gives, args, tenant, make });
      };
      Object.defineProperty(target, method, { value, writable: true, configurable: true });
    }
  }

  static {
    RecordingManager.#record(this.prototype, (manager) => (manager as RecordingManager).#journal);
  }
}

function withStore(options: StorageManagerOptions): StorageManagerOptions {
  const given: unknown = options;
  // The manager itself refuses options that are not an object.
  return isPlainObject(given) ? { ...options, store: options.store ?? new MemoryStore() } : options;
}

function assertMethod(method: string, operation: string): void {
  if (Object.hasOwn(MANAGER_METHODS, method)) return;
  const known = Object.keys(MANAGER_METHODS).join(", ");
  const message = `The method of ${operation} must be one of a StorageManager: ${known}.`;
  throw new StorageError("CONFIG_INVALID", message, { operation: "configure" });
}
