import { isStorageError, StorageError } from "../../../errors/error.js";
import { abortable } from "../../../async/abort.js";
import type { CallDetails } from "../../check.js";
import type { ObjectInfo, Store } from "../../store.js";
import { restated } from "../../../errors/as-storage-error.js";
import { parseSidecar, sidecarPath, versionTag, type Attributes, type Sidecar } from "./sidecar.js";

/** A call of the caller that needs sidecars. */
export interface SidecarCall {
  readonly details: CallDetails;
  readonly signal: AbortSignal | undefined;
}

/** Reads and writes sidecars. Their failures become errors of the caller's own call, on its path. */
export class Sidecars {
  constructor(private readonly store: Store) {}

  /**
   * Reads the sidecar of a path.
   *
   * @throws {StorageError} `INTEGRITY` for a sidecar that is damaged
   */
  async read(path: string, call: SidecarCall): Promise<Sidecar | undefined> {
    const { details, signal } = call;
    try {
      const reading = this.store.read(sidecarPath(path), { signal });
      const result = await abortable(reading, signal, details, (late) => late.cancel());
      const sidecar = parseSidecar(Buffer.from(await result.bytes()).toString());
      if (sidecar?.path === path) return sidecar;
      throw new StorageError("INTEGRITY", "What is kept beside the object is damaged.", details);
    } catch (error) {
      if (isStorageError(error, "NOT_FOUND") || isForeign(error)) return undefined;
      throw asOwn(error, path, call);
    }
  }

  /**
   * Puts attributes beside an object that has just been written. Without attributes, it removes those of the object
   * before.
   */
  async keep(path: string, attributes: Attributes | undefined, info: ObjectInfo, call: SidecarCall): Promise<void> {
    if (attributes === undefined) return this.remove(path, call);
    // The time in the answer to a write may differ from the time that the store tells later.
    const of = versionTag(info.etag === undefined ? ((await this.#stat(path, call)) ?? info) : info);
    if (of === undefined) {
      const message = "The store tells versions apart neither by etag nor by time: metadata can't be kept beside.";
      throw new StorageError("UNSUPPORTED", message, call.details);
    }
    await this.write({ format: 1, path, attributes: { of, ...attributes } }, call);
  }

  async write(sidecar: Sidecar, call: SidecarCall): Promise<void> {
    const { path } = sidecar;
    const body = JSON.stringify(sidecar);
    await onBehalf(path, call, () => this.store.write(sidecarPath(path), body, { signal: call.signal }));
  }

  async remove(path: string, call: SidecarCall): Promise<void> {
    const { signal } = call;
    await onBehalf(path, call, async () => {
      try {
        await this.store.delete(sidecarPath(path), { signal });
      } catch (error) {
        if (!isForeign(error)) throw error;
      }
    });
  }

  #stat(path: string, call: SidecarCall): Promise<ObjectInfo | undefined> {
    return onBehalf(path, call, () => this.store.stat(path, { signal: call.signal }));
  }
}

/** Whether a layer below keeps its own sidecars in that place. Then this layer has none there. */
function isForeign(error: unknown): boolean {
  return isStorageError(error, "INVALID_PATH");
}

/** Runs a call that the caller did not make. Its error becomes an error of the caller's call, on its path. */
export async function onBehalf<T>(path: string, call: SidecarCall, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw asOwn(error, path, call);
  }
}

/** Turns the error of a call that the caller did not make into an error of the caller's call. */
export function asOwn(error: unknown, path: string, { details, signal }: SidecarCall): unknown {
  // This is the error of a deadline.
  if (signal?.aborted && error === signal.reason) return error;
  return isStorageError(error) ? restated(error, { operation: details.operation, path }) : error;
}
