import { setMaxListeners } from "node:events";
import { type StorageError, type StorageErrorDetails } from "../../errors/error.js";
import { formatLocation, type Location } from "../../paths/location.js";
import type { EventDetails, Recorder } from "../../observe/recorder.js";
import { abortedError, throwIfAborted } from "../../async/abort.js";
import { bytesOnly } from "../../store/spared-requests.js";
import type { Store } from "../../store/store.js";
import { WHOLE_READS, type WholeBytes } from "../../store/whole-reads.js";
import { onAbort } from "../../async/on-abort.js";
import { integrityError } from "../entry-bytes.js";
import type { PartOfObject } from "./open-part.js";
import { readBytes } from "../read-bytes.js";
import { asStorageError, callFailure, restated } from "../../errors/as-storage-error.js";

/** The bytes that one call wants, and the terms of the read. */
export interface WantedBytes {
  readonly location: Location;
  /** The part that is wanted. Absent for the whole object. */
  readonly part: PartOfObject | undefined;
  /** The step run that the read is attributed to, if it begins for this call. */
  readonly stepRunId: string | undefined;
  /** Ends the waiting of this call, but of no other call. */
  readonly signal: AbortSignal;
  /**
   * Returns an error if this call does not accept so many bytes. It applies to whole objects, because a part has a
   * fixed size.
   */
  readonly tooMuch: (received: number) => StorageError | undefined;
}

/**
 * The reads of a manager that are in flight. Calls that want the same bytes at the same time share a read. Each call
 * has its own signal and limit. The read is aborted when its last call has left, and no bytes of it are kept.
 */
export class SharedReads {
  private readonly reads = new Map<string, SharedRead[]>();

  constructor(private readonly recorder: Recorder) {}

  /**
   * Joins a read in flight that brings these bytes, or begins one. The bytes are shared, so they must not be changed.
   */
  async read(store: Store, wanted: WantedBytes): Promise<WholeBytes> {
    const path = formatLocation(wanted.location);
    const { part } = wanted;
    const joined = this.reads.get(path)?.find((read) => read.brings(part));
    const read = joined ?? this.begin(store, path, wanted);
    const whole = await read.wait(wanted);
    if (part === undefined || read.part === undefined) return whole;
    const begin = part.offset - read.part.offset;
    return { bytes: whole.bytes.subarray(begin, begin + part.length) };
  }

  /** Marks reads in flight as outdated. Their bytes may be older than the objects, so no new call joins them. */
  outdate(isOutdated: (path: string) => boolean): void {
    for (const [path, reads] of this.reads) {
      if (reads.some(({ location }) => isOutdated(location.path))) this.reads.delete(path);
    }
  }

  private begin(store: Store, path: string, wanted: WantedBytes): SharedRead {
    const read = new SharedRead(store, path, wanted, this.recorder, () => this.remove(path, read));
    const others = this.reads.get(path);
    if (others === undefined) this.reads.set(path, [read]);
    else others.push(read);
    return read;
  }

  private remove(path: string, read: SharedRead): void {
    const reads = this.reads.get(path);
    const index = reads?.indexOf(read) ?? -1;
    if (reads === undefined || index === -1) return;
    reads.splice(index, 1);
    if (reads.length === 0) this.reads.delete(path);
  }
}

interface Waiter {
  readonly tooMuch: WantedBytes["tooMuch"];
  readonly take: (whole: WholeBytes) => void;
  readonly leave: (error: StorageError) => void;
}

/** One read that several calls wait for. */
class SharedRead {
  readonly location: Location;
  readonly part: PartOfObject | undefined;
  private readonly waiters = new Set<Waiter>();
  private readonly controller = new AbortController();
  private readonly details: StorageErrorDetails;
  private received = 0;
  private over = false;

  /** @param onEnd is called when no call can join any more */
  constructor(
    private readonly store: Store,
    path: string,
    { location, part, stepRunId }: WantedBytes,
    recorder: Recorder,
    private readonly onEnd: () => void,
  ) {
    this.location = location;
    this.part = part;
    this.details = { operation: "read", store: store.name, path };
    setMaxListeners(Infinity, this.controller.signal); // a store may add many listeners; Node warns over ten
    void this.run(recorder, { store: store.name, stepRunId, objects: 1, path });
  }

  /** Returns whether the read brings this part of the object, or the whole object. */
  brings(part: PartOfObject | undefined): boolean {
    if (part === undefined || this.part === undefined) return part === this.part;
    const { offset, length } = this.part;
    return part.offset >= offset && part.offset + part.length <= offset + length;
  }

  wait({ signal, tooMuch }: WantedBytes): Promise<WholeBytes> {
    return new Promise((resolve, reject) => {
      const stopWaiting = (): void => {
        this.waiters.delete(waiter);
        stop();
      };
      const take = (whole: WholeBytes): void => {
        stopWaiting();
        resolve(whole);
      };
      const leave = (error: StorageError): void => {
        stopWaiting();
        reject(error);
        if (this.waiters.size > 0 || this.over) return;
        this.end();
        this.controller.abort(error);
      };
      const waiter = { tooMuch, take, leave };
      this.waiters.add(waiter);
      const stop = onAbort(signal, () => leave(abortedError(signal)));
      if (signal.aborted) leave(abortedError(signal));
      else this.assertTaken(waiter);
    });
  }

  private async run(recorder: Recorder, details: EventDetails): Promise<void> {
    await Promise.resolve(); // until a call waits
    try {
      const whole = await recorder.record("read", details, () => this.read(details));
      this.end();
      for (const waiter of [...this.waiters]) waiter.take(whole);
    } catch (error) {
      this.end();
      const failure = asStorageError(error, this.details);
      [...this.waiters].forEach((waiter, index) => waiter.leave(index === 0 ? failure : restated(failure, {})));
    }
  }

  private end(): void {
    this.over = true;
    this.onEnd();
  }

  private async read(details: EventDetails): Promise<WholeBytes> {
    try {
      throwIfAborted(this.controller.signal);
      const whole = await this.readWhole();
      details.bytes = whole.bytes.byteLength;
      return whole;
    } catch (error) {
      const { signal } = this.controller;
      throw callFailure(error, signal, this.details); // here, so that observers see the code that the calls get
    }
  }

  private async readWhole(): Promise<WholeBytes> {
    const { store, part } = this;
    const { signal } = this.controller;
    const path = this.details.path!;
    const onBytes = (received: number): void => this.onBytes(received);
    const reads = WHOLE_READS.of(store);
    if (reads !== undefined) return reads.readWhole(path, { ...part, signal }, onBytes);
    const read = store.read(path, bytesOnly(store, { ...part, signal }));
    return { bytes: await readBytes(read, onBytes, signal, this.details, part?.length) };
  }

  private onBytes(received: number): void {
    this.received = received;
    if (this.part !== undefined && received > this.part.length) {
      throw integrityError("the store gave more of it than was asked for", this.store.name, this.details.path!);
    }
    for (const waiter of [...this.waiters]) this.assertTaken(waiter);
    throwIfAborted(this.controller.signal); // no call accepts so many bytes
  }

  private assertTaken(waiter: Waiter): void {
    if (this.part !== undefined) return;
    const error = waiter.tooMuch(this.received);
    if (error !== undefined) waiter.leave(error);
  }
}
