import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { StorageError } from "../../src/errors/error.js";
import { CallLayer } from "../../src/store/layers/call-layer.js";
import { bytesResult } from "../../src/store/read-result.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../../src/store/store.js";
import { runProgram } from "../examples/run-program.js";
import { runUnderFaults, type FaultRunEnvironment } from "./fault-run.js";

/** A layer with one thing wrong, every `rate`-th time or so. */
class Layer extends CallLayer {
  #calls = 0;

  constructor(
    inner: Store,
    readonly environment: FaultRunEnvironment,
    private readonly rate = 40,
  ) {
    super(inner);
  }

  protected now(): boolean {
    return ++this.#calls % this.rate === 0;
  }
}

class LosesWrites extends Layer {
  override async write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    if (typeof body !== "string" && body instanceof Uint8Array && this.now() && options?.digest === undefined) {
      return Promise.resolve({ path, size: body.byteLength });
    }
    return super.write(path, body, options);
  }
}

class ServesStaleBytes extends Layer {
  readonly #cache = new Map<string, { info: ObjectInfo; bytes: Uint8Array }>();

  override async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    if (options.offset !== undefined || options.length !== undefined) return super.read(path, options);
    const cached = this.#cache.get(path);
    if (cached !== undefined) return bytesResult(cached.info, cached.bytes);
    const result = await super.read(path, options);
    const bytes = await result.bytes();
    this.#cache.set(path, { info: result.info, bytes });
    return bytesResult(result.info, bytes);
  }

  override delete(path: string, options?: DeleteOptions): Promise<void> {
    this.#cache.delete(path);
    return super.delete(path, options);
  }
}

class ResurrectsDeleted extends Layer {
  override async delete(path: string, options?: DeleteOptions): Promise<void> {
    const signal = options?.signal;
    const before = await (await super.read(path, { signal }).catch(() => undefined))?.bytes().catch(() => undefined);
    await super.delete(path, options);
    if (before !== undefined && this.now()) await super.write(path, before, { signal }).catch(() => undefined);
  }
}

class ReadsOn extends Layer {
  override async stat(path: string, options?: CallOptions): Promise<ObjectInfo | undefined> {
    if (this.now()) await super.read(path).catch(() => undefined);
    return super.stat(path, options);
  }
}

class LeavesListings extends Layer {
  override async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectInfo, void, undefined> {
    const iterator = super.list(prefix, options)[Symbol.asyncIterator]();
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      yield next.value;
      if (options?.limit === 1) return;
    }
  }
}

class SwallowsErrors extends Layer {
  override async stat(path: string, options?: CallOptions): Promise<ObjectInfo | undefined> {
    return super.stat(path, options).catch((error: unknown) => {
      if (options?.signal?.aborted) throw error;
      return undefined;
    });
  }
}

class TakesAnyDigest extends Layer {
  override write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    return super.write(path, body, { ...options, digest: undefined });
  }
}

class OverwritesAlways extends Layer {
  override write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    return super.write(path, body, { ...options, ifNoneMatch: undefined });
  }
}

class DescribesOthers extends Layer {
  #last: Record<string, string> | undefined;

  override async stat(path: string, options?: CallOptions): Promise<ObjectInfo | undefined> {
    const info = await super.stat(path, options);
    if (info === undefined) return info;
    const { metadata, ...rest } = info;
    const told = this.#last;
    this.#last = metadata;
    return told === undefined ? info : { ...rest, metadata: told };
  }
}

class ListsTooMuch extends Layer {
  override async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectInfo, void, undefined> {
    yield* super.list(prefix, options);
    if (prefix === "" && options?.limit === undefined) yield { path: "~sidecar", size: 1 };
  }
}

class ListsTooLittle extends Layer {
  override async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectInfo, void, undefined> {
    for await (const info of super.list(prefix, options)) if (!this.now()) yield info;
  }
}

class RejectsWithAnything extends Layer {
  override async stat(path: string, options?: CallOptions): Promise<ObjectInfo | undefined> {
    if (this.now()) throw new TypeError("x is undefined");
    return super.stat(path, options);
  }
}

class NamesItself extends Layer {
  override async stat(path: string): Promise<ObjectInfo | undefined> {
    const details = { operation: "head", store: this.name, path };
    return Promise.reject(new StorageError("UNAVAILABLE", "Down.", details));
  }
}

class Invents extends Layer {
  override async stat(path: string): Promise<ObjectInfo | undefined> {
    const details = { operation: "stat", store: this.name, path };
    return Promise.reject(new StorageError("PERMISSION_DENIED", "No.", details));
  }
}

class IgnoresSignals extends Layer {
  override stat(path: string): Promise<ObjectInfo | undefined> {
    return super.stat(path);
  }
}

class Lingers extends Layer {
  override async stat(path: string, options?: CallOptions): Promise<ObjectInfo | undefined> {
    if (this.now()) void new Promise((resolve) => this.environment.clock.setTimeout(() => resolve(undefined), 1e12));
    return super.stat(path, options);
  }
}

class GoesOnBehind extends Layer {
  override write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    super.stat(path).catch(() => undefined);
    return super.write(path, body, options);
  }
}

class LeavesTimers extends Layer {
  static readonly timers: NodeJS.Timeout[] = [];

  override close(): Promise<void> {
    LeavesTimers.timers.push(setTimeout(() => undefined, 1e6));
    return super.close();
  }
}

class LeavesSockets extends Layer {
  static readonly servers: Server[] = [];

  override async close(): Promise<void> {
    const server = createServer().listen(0, "127.0.0.1");
    LeavesSockets.servers.push(server);
    await once(server, "listening");
    await super.close();
  }
}

type LayerClass = new (inner: Store, environment: FaultRunEnvironment) => Store;

const BROKEN: readonly [string, LayerClass, RegExp][] = [
  ["loses writes", LosesWrites, /nothing is found where an object must be|wrong bytes|must be listed|nobody wrote/],
  ["serves stale bytes", ServesStaleBytes, /wrong bytes/],
  ["resurrects deleted objects", ResurrectsDeleted, /wrong bytes|nobody wrote|another version/],
  ["leaks bodies", ReadsOn, /bodies are left/],
  ["leaks listings", LeavesListings, /listings are left/],
  ["swallows an error as if nothing were there", SwallowsErrors, /nothing is found where an object must be/],
  ["takes any digest", TakesAnyDigest, /another digest was acknowledged/],
  ["overwrites what it must not", OverwritesAlways, /must find nothing was acknowledged/],
  ["describes one object by another", DescribesOthers, /describes another version/],
  ["lists what nobody wrote", ListsTooMuch, /must not be listed|not in order/],
  ["lists too little", ListsTooLittle, /must be listed, and is not/],
  ["rejects with any error", RejectsWithAnything, /no StorageError/],
  ["names another operation", NamesItself, /names another operation/],
  ["fails without a fault", Invents, /no fault explains/],
  ["ignores the signal", IgnoresSignals, /hangs, although its signal has fired/],
  ["leaves a timer of the clock", Lingers, /timers of the clock are left/],
  ["goes on behind a call for ever", GoesOnBehind, /goes on for ever/],
  ["leaves a timer of the machine", LeavesTimers, /at the end 1 timers are left/],
  ["leaves a socket", LeavesSockets, /at the end these are left: TCPServerWrap/],
];

describe("runUnderFaults", () => {
  afterAll(() => {
    for (const timer of LeavesTimers.timers) clearTimeout(timer);
    for (const server of LeavesSockets.servers) server.close();
  });

  it.each(BROKEN)("finds a store that %s", async (_, LayerClass, problem) => {
    const create = (environment: FaultRunEnvironment) => new LayerClass(environment.faulty(), environment);
    await expect(runUnderFaults({ create, seed: 1, operations: 4000 })).rejects.toThrow(problem);
  });

  it("says with which seed, after what, and what was possible", async () => {
    const create = (environment: FaultRunEnvironment) => new ServesStaleBytes(environment.faulty(), environment);
    const run = () => runUnderFaults({ create, seed: 5, operations: 4000 });
    const error: Error = await run().then(
      () => new Error("not found"),
      (reason: unknown) => reason as Error,
    );
    expect(error.message).toMatch(/^seed 5, operation \d+, read .+: these are wrong bytes.*\n.+: possible there: /);
    await expect(run()).rejects.toThrow(error.message);
  });

  it("finds stale bytes also where contents never change: after a delete", async () => {
    class KeepsDeleted extends ServesStaleBytes {
      override delete(path: string, options?: DeleteOptions): Promise<void> {
        return this.inner.delete(path, options);
      }
    }
    const create = (environment: FaultRunEnvironment) => new KeepsDeleted(environment.faulty(), environment);
    const run = runUnderFaults({ create, seed: 1, operations: 4000, mode: "immutable" });
    await expect(run).rejects.toThrow(/wrong bytes/);
  });

  // Jest keeps such rejections from a test: it fails it by itself.
  it("finds a rejection that nobody handles", async () => {
    expect(await runProgram(["test/support/fault-run-child.ts"])).toMatch(
      /^seed 1: a rejection was not handled: Error: forgotten/,
    );
  });

  it.each([1, 2, 3])("finds nothing wrong with what is right, seed %d", async (seed) => {
    for (const mode of ["mutable", "immutable"] as const) {
      const report = await runUnderFaults({ create: ({ faulty }) => faulty(), seed, operations: 2000, mode });
      expect(report.failed).toBeGreaterThan(100);
      expect(report.failed).toBeLessThan(1000);
    }
  });

  it("makes the same run of the same seed", async () => {
    const run = (seed: number) => runUnderFaults({ create: ({ faulty }) => faulty(), seed, operations: 1000 });
    expect(await run(7)).toEqual(await run(7));
    expect(await run(7)).not.toEqual(await run(8));
  });
});
