import type { DriverCall } from "../driver-store.js";
import { restated } from "../../../errors/as-storage-error.js";
import type { ContainerClient } from "@azure/storage-blob";
import { once } from "../../../async/once.js";
import { abortable, throwIfAborted } from "../../../async/abort.js";
import type { CallDetails } from "../../check.js";
import { StorageError, isStorageError } from "../../../errors/error.js";
import { TimedAbort } from "../../../async/timed-abort.js";
import { blobNameOf, blobPrefixOf, pathOfBlob } from "./blob-name.js";
import { createClient } from "./client.js";
import { AZURE_ERRORS } from "./errors.js";
import type { ParsedAzureOptions } from "./options.js";

/** The client and the controls that a request gets. */
export interface AzureRequest {
  client: ContainerClient;
  abortSignal: AbortSignal;
  /** Call it after each part of a large body, so that the request does not count as silent. */
  progress: () => void;
}

/** One container, or the part of it under a prefix. Holds names and settings, and sends requests. */
export class AzureContainer {
  readonly #client: () => Promise<ContainerClient>;

  constructor(readonly options: ParsedAzureOptions) {
    this.#client = once(() => createClient(options));
  }

  /** @throws {StorageError} `INVALID_PATH` if the name would be too long for Azure */
  blobName(path: string, details: CallDetails): string {
    const name = blobNameOf(this.options.prefix + path);
    if (name !== undefined) return name;
    const message =
      "This path is too long for Azure: its name, with what has to be escaped, has over 1,024 characters.";
    throw new StorageError("INVALID_PATH", message, details);
  }

  blobPrefix(prefix: string): string {
    return blobPrefixOf(this.options.prefix + prefix);
  }

  /** Returns the path of a blob under the prefix, or `undefined` for a blob that no path leads to. */
  pathOf(name: string): string | undefined {
    const { prefix } = this.options;
    const path = pathOfBlob(name);
    return path?.startsWith(prefix) === true ? path.slice(prefix.length) : undefined;
  }

  /**
   * Makes one request. Rejects with a StorageError: at once if the call is aborted, and with `TIMEOUT` if no answer
   * comes. `discard` gets a result that comes later.
   */
  async send<T>(
    call: DriverCall,
    request: (request: AzureRequest) => Promise<T>,
    discard?: (late: T) => unknown,
  ): Promise<T> {
    throwIfAborted(call.signal, call.details);
    const stop = this.stopper(call);
    let waiting = true;
    const progress = (): void => {
      if (waiting) stop.start();
    };
    progress();
    try {
      const sent = this.#connect(call.details).then((client) =>
        request({ client, abortSignal: stop.signal, progress }),
      );
      // The SDK ignores the signal while it waits for a token.
      return await abortable(sent, stop.signal, call.details, discard);
    } catch (error) {
      throw AZURE_ERRORS.of(error, { ...call, signal: stop.signal });
    } finally {
      waiting = false;
      stop.end();
    }
  }

  /** Makes an abort that stops a call with `TIMEOUT` after too long a silence. */
  stopper({ signal, details }: DriverCall): TimedAbort {
    const { clock, timeout } = this.options;
    return new TimedAbort(signal, clock, timeout, (limit) => {
      return new StorageError("TIMEOUT", `Azure was silent for ${limit} ms.`, details);
    });
  }

  async #connect(details: CallDetails): Promise<ContainerClient> {
    try {
      return await this.#client();
    } catch (error) {
      // Several calls may wait for one client. Each gets its own error.
      throw isStorageError(error) ? restated(error, details) : error;
    }
  }
}
