import { AsyncLocalStorage } from "node:async_hooks";
import vm from "node:vm";
import { TestEnvironment as NodeEnvironment } from "jest-environment-node";

type Storage = AsyncLocalStorage<unknown>;

const { run, getStore } = AsyncLocalStorage.prototype;

const { compileFunction } = vm;

/** What this worker has compiled, by file and then by code: a file has two codes where one has counters. */
const scripts = new Map<string, Map<string, vm.Script>>();

vm.compileFunction = compileOnce;

/** What this worker has told of each source file: for each of its counters, whether it was above zero. */
const told = new Map<string, boolean[]>();

/**
 * Jest as it is, but for three things that take time with every file of tests.
 *
 * A worker compiles each source file once. Jest would compile it again for each file of tests, which took a third of the time
 * until the first test. A script keeps what was compiled of it, and runs in any context; its functions, and all that they
 * close over, are new in each. It has no `import()`; Jest has none either, without a flag of Node that we do not set.
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

function compileOnce(...args: Parameters<typeof compileFunction>): ReturnType<typeof compileFunction> {
  const [code, parameters = [], { filename, parsingContext } = {}] = args;
  if (filename === undefined || parsingContext === undefined) return compileFunction(...args);
  const ofFile = scripts.get(filename) ?? new Map<string, vm.Script>();
  let script = ofFile.get(code);
  if (script === undefined) {
    const head = `(function (${parameters.join(", ")}) {`;
    try {
      script = new vm.Script(`${head}${code}\n})`, { filename, columnOffset: -head.length });
    } catch {
      return compileFunction(...args); // whose error Jest knows how to tell
    }
    scripts.set(filename, ofFile.set(code, script));
  }
  return script.runInContext(parsingContext) as ReturnType<typeof compileFunction>;
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
