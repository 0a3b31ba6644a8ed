import { AsyncLocalStorage } from "node:async_hooks";
import { TestEnvironment as NodeEnvironment } from "jest-environment-node";

type Storage = AsyncLocalStorage<unknown>;

const { run, getStore } = AsyncLocalStorage.prototype;

/** What this worker has told of each source file: for each of its counters, whether it was above zero. */
const told = new Map<string, boolean[]>();

/**
 * Jest as it is, but for two things that take time with every file of tests.
 *
 * The runner has its context without an `AsyncLocalStorage`.
 *
 * Before Node 24, every promise copies the value of every storage that was ever entered in its process, and keeps it alive.
 * The runner makes a storage for each file, to know whose error it sees, and leaves it entered: promises took up to half of
 * the time of a test, and 27 times as long after 80 files in one worker. Files run one test at a time, so that the context
 * is always that of the test or hook that has not ended yet.
 *
 * Counters of coverage that say nothing new are dropped. Jest would copy those of all source files that a file of tests has
 * loaded, with their maps, send them to its main process, and add them there: a tenth of all the time. What is covered stays
 * the same; how often is no longer right.
 */
export default class TestEnvironment extends NodeEnvironment {
  readonly #runsOnce: boolean;

  constructor(...[config, context]: ConstructorParameters<typeof NodeEnvironment>) {
    super(config, context);
    this.#runsOnce = !config.globalConfig.watch && !config.globalConfig.watchAll;
  }

  handleTestEvent({ name }: { name: string }): void {
    if (name !== "teardown" || !this.#runsOnce || !("__coverage__" in this.global)) return;
    dropWhatIsTold(this.global.__coverage__);
  }

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

function dropWhatIsTold(coverage: TestEnvironment["global"]["__coverage__"]): void {
  for (const [path, file] of Object.entries(coverage)) {
    const before = told.get(path);
    const covered = [file.s, file.f, file.b].flatMap((counters) =>
      Object.values(counters)
        .flat()
        .map((count) => count > 0),
    );
    if (before !== undefined && covered.every((is, index) => !is || before[index])) {
      Reflect.deleteProperty(coverage, path);
    } else {
      told.set(path, before === undefined ? covered : covered.map((is, index) => is || before[index]!));
    }
  }
}
