import type { Recorder } from "../observe/recorder.js";
import type { Store, StoreBody } from "../store/store.js";
import { forEachConcurrent } from "./concurrency.js";
import type { DehydrateSettings } from "./settings.js";
import { asStorageError } from "./store-error.js";

/** An object to be written. */
export interface NewObject {
  readonly path: string;
  readonly body: StoreBody;
  /** Bytes of the body, where known beforehand. */
  readonly size?: number | undefined;
  readonly contentType: string;
}

/** Writes the objects of one call, and takes them back when the call fails. */
export class ObjectWriter {
  readonly store: Store;
  private readonly begun = new Set<string>();

  constructor(
    store: Store,
    private readonly settings: Pick<DehydrateSettings, "concurrency" | "stepRunId">,
    private readonly recorder: Recorder,
  ) {
    this.store = store;
  }

  /** How many objects were begun. */
  get objects(): number {
    return this.begun.size;
  }

  /** @throws {StorageError} what the store rejects with */
  async write({ path, body, size, contentType }: NewObject, signal: AbortSignal): Promise<void> {
    const { store } = this;
    const details = { store: store.name, stepRunId: this.settings.stepRunId, bytes: size ?? 0, objects: 1 };
    await this.recorder.record("write", details, async () => {
      this.begun.add(path); // one that fails may be there nevertheless
      try {
        const type = (await this.takesContentType(path, signal)) ? { contentType } : {};
        const info = await store.write(path, body, { size, ...type, signal });
        details.bytes = size ?? info.size;
      } catch (error) {
        throw asStorageError(error, { operation: "write", store: store.name, path });
      }
    });
  }

  /**
   * Deletes what a failed call has, or may have, written: nobody knows its scope. The failure itself matters more than
   * one in here.
   */
  async discard(signal: AbortSignal): Promise<void> {
    const remove = (path: string): Promise<void> => this.store.delete(path, { signal }).catch(() => undefined);
    await forEachConcurrent([...this.begun], this.settings.concurrency, signal, remove).catch(() => undefined);
  }

  private async takesContentType(path: string, signal: AbortSignal): Promise<boolean> {
    try {
      return ((await this.store.capabilityOf?.(path, { signal })) ?? this.store.capability).contentType;
    } catch {
      return false; // what is wrong, the write tells, which a layer may repeat
    }
  }
}
