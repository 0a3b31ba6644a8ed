import type { Recorder } from "../observe/recorder.js";
import { abortable, throwIfAborted } from "../async/abort.js";
import type { Capability } from "../store/capability.js";
import { knownSource } from "../store/spared-requests.js";
import type { ObjectInfo, Store, StoreBody, WriteOptions } from "../store/store.js";
import { forEachConcurrent } from "../async/concurrency.js";
import type { DehydrateSettings } from "../configure/call-schemas.js";
import { callFailure } from "../errors/as-storage-error.js";

// The time limit for removing objects, in ms. A call removes its objects even if it has no time left.
const REMOVAL_TIMEOUT = 30_000;

// Bytes that are held while writes are deferred: as many as the streams that are read at once may take.
const MAX_HELD = 32 * 1024 * 1024;

type Step = (signal: AbortSignal) => Promise<unknown>;

interface DeferredStep {
  readonly step: Step;
  readonly undo: () => Promise<unknown>;
  /** Whether the step has begun. A step that has begun cleans up after itself. */
  isBegun: boolean;
}

/** An object to write. */
export interface NewObject {
  readonly path: string;
  readonly body: StoreBody;
  /** Bytes of the body, if known beforehand. */
  readonly size?: number | undefined;
  /** `sha256-` + base64url of the body, if the store is to check it. */
  readonly digest?: string | undefined;
  readonly contentType: string;
  /** The condition under which the object is written. */
  readonly condition?: Pick<WriteOptions, "ifNoneMatch" | "ifMatch"> | undefined;
}

/** Writes the objects of one call, and removes them when the call fails. */
export class ObjectWriter {
  private readonly begun = new Set<string>(); // a write that fails may have succeeded all the same
  private readonly deferred: DeferredStep[] = [];
  private isDropped = false;
  private held = 0;
  private readonly underWay = new Map<string, Promise<unknown>>();

  constructor(
    readonly store: Store,
    private readonly settings: Pick<DehydrateSettings, "concurrency" | "stepRunId"> & { scope?: string | undefined },
    private readonly recorder: Recorder,
    readonly defers = false,
  ) {}

  /**
   * Returns whether bytes can be held until it is known that all objects will be written. That is possible where
   * writes are deferred, and where not too many bytes are held already.
   */
  holds(bytes: number): boolean {
    if (!this.defers || this.held + bytes > MAX_HELD) return false;
    this.held += bytes;
    return true;
  }

  /**
   * Takes a step that may change objects that others refer to. The step runs at once. Where writes are deferred, it
   * runs when it is known that all objects will be written.
   *
   * @param undo removes what was written before for this step, if the step never runs
   */
  async place(step: Step, undo: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    if (this.isDropped) await undo();
    else if (this.defers) this.deferred.push({ step, undo, isBegun: false });
    else await step(signal);
  }

  /** Runs the deferred steps. */
  async finish(signal: AbortSignal): Promise<void> {
    await forEachConcurrent(this.deferred, this.settings.concurrency, signal, (deferred, s) => {
      deferred.isBegun = true;
      return deferred.step(s);
    });
  }

  /**
   * Undoes the work for steps that will not run. If the signal fires, the caller no longer waits, but the work is
   * still undone.
   */
  async drop(signal: AbortSignal): Promise<void> {
    this.isDropped = true; // work still in flight is undone when it ends
    const undone = Promise.all(this.deferred.map(async ({ undo, isBegun }) => (isBegun ? undefined : undo())));
    await abortable(undone, signal).catch(() => undefined);
  }

  /** How many objects were begun, and not removed again. */
  get objects(): number {
    return this.begun.size;
  }

  /** Writes an object. @throws {StorageError} what the store rejects with */
  async write(object: NewObject, signal: AbortSignal): Promise<ObjectInfo> {
    const { path, body, size, digest, contentType, condition } = object;
    return this.run("write", path, signal, size ?? 0, async () => {
      const type = (await this.capabilityOf(path, signal))?.contentType === true ? { contentType } : {};
      const info = await this.store.write(path, body, { size, digest, ...type, ...condition, signal });
      return { result: info, bytes: size ?? info.size };
    });
  }

  /** Returns whether {@link ObjectWriter.copy} works. Users' own stores may lack it. */
  async canCopy(path: string, signal: AbortSignal): Promise<boolean> {
    return typeof this.store.copy === "function" && (await this.capabilityOf(path, signal))?.copy === true;
  }

  /**
   * Copies an object.
   *
   * @param size bytes of the object, if known
   * @throws {StorageError} what the store rejects with
   */
  async copy(from: string, to: string, size: number | undefined, signal: AbortSignal): Promise<void> {
    await this.run("copy", to, signal, 0, async () => {
      await this.store.copy(from, to, knownSource(this.store, { signal }, size));
      return { result: undefined, bytes: 0 };
    });
  }

  /** Deletes an object of this call, within a time of its own. Never rejects, but observers see a failure. */
  async remove(path: string): Promise<void> {
    if (!this.begun.has(path)) return;
    const { stepRunId, scope } = this.settings;
    const details = { store: this.store.name, stepRunId, scope, objects: 1, path };
    try {
      await this.recorder.record("delete", details, () => this.delete(path));
      this.begun.delete(path);
    } catch {
      // The purpose of the call matters more.
    }
  }

  /**
   * Deletes all objects that a failed call has written, or may have written. No caller knows their scope. Objects
   * whose write is in flight are deleted when the write has ended. If the signal fires, or has fired, the caller no
   * longer waits, but the objects are still deleted.
   */
  async discard(signal: AbortSignal): Promise<void> {
    const over = [...this.begun].filter((path) => !this.underWay.has(path));
    const removed = Promise.all([
      forEachConcurrent(over, this.settings.concurrency, new AbortController().signal, (path) => this.takeBack(path)),
      ...[...this.underWay].map(async ([path, end]) => {
        await end;
        await this.takeBack(path);
      }),
    ]);
    await abortable(removed, signal).catch(() => undefined);
  }

  private async takeBack(path: string): Promise<void> {
    if (this.begun.has(path)) await this.delete(path).catch(() => undefined); // the failure of the call matters more
  }

  private async delete(path: string): Promise<void> {
    const signal = AbortSignal.timeout(REMOVAL_TIMEOUT);
    await abortable(this.store.delete(path, { signal }), signal);
  }

  private async run<T>(
    operation: "write" | "copy",
    path: string,
    signal: AbortSignal,
    bytes: number,
    act: () => Promise<{ result: T; bytes: number }>,
  ): Promise<T> {
    throwIfAborted(signal); // a discard() that has already run would miss an object that begins now
    const { stepRunId, scope } = this.settings;
    const details = { store: this.store.name, stepRunId, scope, bytes, objects: 1, path };
    const running = this.recorder.record(operation, details, async () => {
      this.begun.add(path);
      try {
        const { result, bytes: moved } = await act();
        details.bytes = moved;
        return result;
      } catch (error) {
        throw callFailure(error, signal, { operation, store: this.store.name, path });
      }
    });
    const other = this.underWay.get(path); // two entries may have the same content
    const end = other === undefined ? running.then(over, over) : Promise.allSettled([running, other]);
    this.underWay.set(path, end);
    void end.then(() => this.underWay.get(path) === end && this.underWay.delete(path));
    return running;
  }

  private async capabilityOf(path: string, signal: AbortSignal): Promise<Readonly<Capability> | undefined> {
    try {
      return (await this.store.capabilityOf?.(path, { signal })) ?? this.store.capability;
    } catch {
      return undefined; // the write reports what is wrong, and a layer may repeat it
    }
  }
}

function over(): void {
  // whether it succeeded does not matter here
}
