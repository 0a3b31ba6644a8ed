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
  /** They give this, each a copy of its own. Of a listing, an iterable. */
  resolves(value: unknown): void;
  /** They fail with this. */
  rejects(error: unknown): void;
}

type Method = (...args: unknown[]) => unknown;

const METHODS = Object.entries(MANAGER_METHODS) as readonly (readonly [ManagerMethod, Gives])[];

/**
 * A manager for tests: the real thing, over a fresh {@link MemoryStore} unless it is given a `store`, that remembers every call
 * of its public methods, and answers as it is told where a test wants something else. No test framework is needed.
 *
 * Arguments and values are kept as they were: plain objects, arrays, dates and `Uint8Array`s are copied, so that what is
 * changed later does not change what was recorded. Streams, signals and functions are kept themselves.
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

  /** @throws {StorageError} `CONFIG_INVALID` that names every wrong option */
  constructor(options: StorageManagerOptions = {}) {
    super(withStore(options));
  }

  /** All calls, in the order in which they began. */
  get calls(): readonly RecordedCall[] {
    return this.#journal.calls;
  }

  /** The calls of one method. @throws {StorageError} `CONFIG_INVALID` for what is no method of a manager */
  callsOf<Method extends ManagerMethod>(method: Method): RecordedCall<Method>[] {
    assertMethod(method, "callsOf");
    return this.calls.filter((call): call is RecordedCall<Method> => call.method === method);
  }

  /**
   * Plans what later calls of a method are answered with, in place of what they would do. The plan that was made last
   * counts. `plan` and `select` return and throw it, since they give no promise.
   *
   * @param match which calls: `(...args) => boolean`, or what their first argument is deeply equal to. Default: all
   * @throws {StorageError} `CONFIG_INVALID` for what is no method of a manager
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
   * The paths of what was dehydrated, and neither released nor deleted: all that is left in the store, but for blobs that
   * `writeBlob` wrote and what managers keep for themselves. A store that was given should have nothing else in it.
   *
   * @throws {StorageError} what the store rejects with
   */
  async unreleased(): Promise<string[]> {
    const { blobs } = this.#journal;
    const paths: string[] = [];
    for await (const { path } of this.store!.list("")) if (!blobs.has(path) && !isReservedPath(path)) paths.push(path);
    return paths;
  }

  /** Forgets all calls and plans. What is stored stays: make another manager for another test. */
  reset(): void {
    this.#journal.reset();
  }

  /** Makes methods of a class, or of one manager, record what they do. */
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
  // What is no object is for the manager to refuse.
  return isPlainObject(given) ? { ...options, store: options.store ?? new MemoryStore() } : options;
}

function assertMethod(method: string, operation: string): void {
  if (Object.hasOwn(MANAGER_METHODS, method)) return;
  const known = Object.keys(MANAGER_METHODS).join(", ");
  const message = `The method of ${operation} must be one of a StorageManager: ${known}.`;
  throw new StorageError("CONFIG_INVALID", message, { operation: "configure" });
}
