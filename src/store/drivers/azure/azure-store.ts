import { declareOwnStore } from "../../guard/own-stores.js";
import { endingSource } from "../../body-source.js";
import type { Capability } from "../../capability.js";
import { checkCopy, checkDelete, checkList, checkPresign, checkRead, checkStat, checkWrite } from "../../check.js";
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ObjectInfo,
  PresignOptions,
  ReadOptions,
  ReadResult,
  Store,
  StoreBody,
  WriteOptions,
} from "../../store.js";
import { azureCapability } from "./capability.js";
import { AzureContainer } from "./container.js";
import { copyObject } from "./copy.js";
import { deleteObject } from "./delete.js";
import { azureCall } from "./errors.js";
import { listObjects } from "./list.js";
import { MAX_BLOCKS, MAX_PRESIGN_SECONDS, parseAzureOptions, type AzureStoreOptions } from "./options.js";
import { presignObject } from "./presign.js";
import { readObject } from "./read.js";
import { statObject } from "./stat.js";
import { writeObject } from "./write.js";

/**
 * Keeps objects in a container of Azure Blob Storage, as block blobs. The container must exist. Not for accounts with a
 * hierarchical namespace (Data Lake Storage): there a name is a directory or a blob, never both.
 *
 * Needs the package `@azure/storage-blob`, which is loaded at the first call: `MISSING_DEPENDENCY` where it is not
 * installed. Errors carry an `AzureFailure` as `cause`: Azure's error code, the HTTP status and the request id. After a
 * response was lost the SDK sends a request again: a write with `ifNoneMatch` may then find its own object, and says
 * `ALREADY_EXISTS`; with `ifMatch`, or a delete with it, `PRECONDITION_FAILED`.
 *
 * @example
 * const store = new AzureStore({
 *   container: "payloads",
 *   accountUrl: "https://account.blob.core.windows.net",
 *   credential: new DefaultAzureCredential(), // of @azure/identity
 * });
 * await store.write("runs/42/input.json", '{"id":42}', { contentType: "application/json", ifNoneMatch: "*" });
 */
export class AzureStore implements Store {
  readonly name = "azure";
  readonly capability: Readonly<Capability>;
  readonly #container: AzureContainer;
  readonly #maxObjectSize: number;

  /** @throws {StorageError} `CONFIG_INVALID` that names every wrong option */
  constructor(options: AzureStoreOptions) {
    const parsed = parseAzureOptions(options);
    this.#container = new AzureContainer(parsed);
    this.#maxObjectSize = parsed.blockSize * MAX_BLOCKS;
    this.capability = azureCapability(parsed);
  }

  write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    return endingSource(body, async (source) => {
      const details = checkWrite(this, path, source, options);
      return writeObject(this.#container, path, source, options, this.#maxObjectSize, details);
    });
  }

  async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    return readObject(this.#container, path, options, azureCall(checkRead(this, path, options), options));
  }

  async stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    return statObject(this.#container, path, azureCall(checkStat(this, path, options), options));
  }

  /** Snapshots of the blob go with it. */
  async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    await deleteObject(this.#container, path, options, azureCall(checkDelete(this, path, options), options));
  }

  /** Azure can't begin in the middle: with `startAfter` the pages before it are fetched too, and dropped. */
  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    yield* listObjects(this.#container, prefix, options, azureCall(checkList(this, prefix, options), options));
  }

  async copy(from: string, to: string, options: CallOptions = {}): Promise<ObjectInfo> {
    return copyObject(this.#container, from, to, azureCall(checkCopy(this, from, to, options), options));
  }

  /**
   * Only with the option `presign`. `expiresIn` may be up to 604,800 s (seven days). Whoever uses a URL for PUT must send
   * the header `x-ms-blob-type: BlockBlob`.
   */
  async presign(path: string, options: PresignOptions): Promise<string> {
    const details = checkPresign(this, path, options, MAX_PRESIGN_SECONDS);
    return presignObject(this.#container, path, options, azureCall(details, {}));
  }

  /** Does nothing: the SDK shares its connections between all clients of the process, and lets the process end. */
  async close(): Promise<void> {
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  static {
    declareOwnStore(this);
  }
}
