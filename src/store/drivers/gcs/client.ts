import type { DriverCall } from "../driver-store.js";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type * as Sdk from "@google-cloud/storage";
import type { Storage } from "@google-cloud/storage";
import { abortable } from "../../../async/abort.js";
import { once } from "../../../async/once.js";
import { restated } from "../../../errors/as-storage-error.js";
import { isStorageError, StorageError } from "../../../errors/error.js";
import { GCS_ERRORS, toCredentialsError } from "./errors.js";
import type { HttpRequest } from "./http-exchange.js";
import type { ParsedGcsOptions } from "./options.js";

// Retry limits of a client that the store makes. The library's own limit is ten minutes.
const RETRIES = { maxRetries: 3, totalTimeout: 60, maxRetryDelay: 10 };

// The client closes an idle connection before the server does.
const KEEP_ALIVE = { keepAlive: true, timeout: 5_000, scheduling: "lifo" } as const;

/** Holds the library's client, which is loaded and made at first use, and the connections. */
export class GcsClient {
  readonly #storage: () => Promise<Storage>;
  #agents: { "http:": HttpAgent; "https:": HttpsAgent } | undefined;

  constructor(private readonly options: ParsedGcsOptions) {
    this.#storage = once(() => createStorage(options.clientConfig)); // the library may be installed or configured later
  }

  /** @throws {StorageError} `MISSING_DEPENDENCY` if the library is not installed */
  async storage(call: DriverCall): Promise<Storage> {
    try {
      return this.options.client ?? (await this.#storage());
    } catch (error) {
      if (!isStorageError(error, "MISSING_DEPENDENCY")) throw GCS_ERRORS.of(error, call);
      throw restated(error, call.details);
    }
  }

  /** Applies the client's interceptors to a request. Adds an access token if the endpoint needs one. */
  async authorized(storage: Storage, request: HttpRequest, call: DriverCall): Promise<HttpRequest> {
    const { url, method, headers } = request;
    const interceptors = storage.getRequestInterceptors() as ((options: object) => object)[];
    const wanted = interceptors.reduce<object>((options, intercept) => intercept(options), {
      uri: url.href,
      method,
      headers,
    });
    const { uri, headers: authorized } = await this.#authenticate(storage, wanted, call);
    return { ...request, url: new URL(uri), headers: toRecord(authorized) };
  }

  agentFor(url: URL): HttpAgent {
    if (this.options.agent !== undefined) return this.options.agent;
    this.#agents ??= { "http:": new HttpAgent(KEEP_ALIVE), "https:": new HttpsAgent(KEEP_ALIVE) };
    return this.#agents[url.protocol === "https:" ? "https:" : "http:"];
  }

  /** Closes the connections that the store made. */
  close(): void {
    this.#agents?.["http:"].destroy();
    this.#agents?.["https:"].destroy();
    this.#agents = undefined;
  }

  async #authenticate(storage: Storage, request: object, call: DriverCall): Promise<Authorized> {
    const { clock, timeout } = this.options;
    let timer: unknown;
    const authenticated = new Promise<Authorized>((resolve, reject) => {
      const late = Object.assign(new Error("The credentials took too long."), { code: "ETIMEDOUT" });
      timer = clock.setTimeout(() => reject(late), timeout);
      storage.makeAuthenticatedRequest(request as Authorized, {
        onAuthenticated: (error, authorized) => (error === null ? resolve(authorized as Authorized) : reject(error)),
      });
    });
    try {
      return await abortable(authenticated, call.signal, call.details);
    } catch (error) {
      throw toCredentialsError(error, call);
    } finally {
      clock.clearTimeout(timer);
    }
  }
}

interface Authorized {
  uri: string;
  headers: Record<string, unknown>;
}

/**
 * Makes a client of the library, with this store's limits on retries.
 *
 * @throws {StorageError} `MISSING_DEPENDENCY` if the library is not installed; otherwise the library's own error
 */
export async function createStorage(config: ParsedGcsOptions["clientConfig"]): Promise<Storage> {
  const { Storage } = await loadSdk();
  return new Storage({ ...config, retryOptions: { ...RETRIES, ...config?.retryOptions } });
}

/** @throws {StorageError} `MISSING_DEPENDENCY` if the library is not installed */
export async function loadSdk(): Promise<typeof Sdk> {
  try {
    return await import("@google-cloud/storage");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException | undefined)?.code;
    if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") throw cause;
    const message =
      "Google Cloud Storage needs the package @google-cloud/storage, which is not installed: npm install @google-cloud/storage.";
    throw new StorageError("MISSING_DEPENDENCY", message, { cause });
  }
}

function toRecord(headers: Record<string, unknown>): Record<string, string> {
  // Newer versions of the authentication library return a Headers object.
  const entries = headers instanceof Headers ? [...headers.entries()] : Object.entries(headers);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
