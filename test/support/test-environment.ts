import { AsyncLocalStorage } from "node:async_hooks";
import { TestEnvironment as NodeEnvironment } from "jest-environment-node";

type Storage = AsyncLocalStorage<unknown>;

const { run, getStore } = AsyncLocalStorage.prototype;

/**
 * Gives the runner of jest its context without an `AsyncLocalStorage`.
 *
 * Before Node 24, every promise copies the value of every storage that was ever entered in its process, and keeps it alive.
 * The runner makes a storage for each file, to know whose error it sees, and leaves it entered: promises took up to half of
 * the time of a test, and 27 times as long after 80 files in one worker. Files run one test at a time, so that the context
 * is always that of the test or hook that has not ended yet.
 */
export default class TestEnvironment extends NodeEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    const contexts = new WeakMap<Storage, unknown>();
    AsyncLocalStorage.prototype.run = function (this: Storage, ...args: unknown[]): unknown {
      const [context, callback] = args as [unknown, () => Promise<unknown>];
      if (!isOfRunner(context)) return Reflect.apply(run, this, args) as unknown;
      const outer = contexts.get(this);
      contexts.set(this, context);
      return callback().finally(() => contexts.set(this, outer));
    };
    AsyncLocalStorage.prototype.getStore = function (this: Storage): unknown {
      return contexts.has(this) ? contexts.get(this) : getStore.call(this);
    };
  }

  override async teardown(): Promise<void> {
    Object.assign(AsyncLocalStorage.prototype, { run, getStore });
    await super.teardown();
  }
}

/** The test that runs, the hook that runs, or both. */
function isOfRunner(context: unknown): boolean {
  return typeof context === "object" && context !== null && ("test" in context || "hook" in context);
}
