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
import { GcsBucket } from "./bucket.js";
import { gcsCapability, gcsFeatures } from "./capability.js";
import { copyObject } from "./copy.js";
import { deleteObject } from "./delete.js";
import { gcsCall } from "./errors.js";
import { listObjects } from "./list.js";
import { MAX_PRESIGN_SECONDS, parseGcsOptions, type GcsFeatures, type GcsStoreOptions } from "./options.js";
import { presignObject } from "./presign.js";
import { probeFeatures } from "./probe.js";
import { readObject } from "./read.js";
import { statObject } from "./stat.js";
import { writeObject } from "./write.js";

/**
 * Keeps objects in a bucket of Google Cloud Storage. The bucket must exist. Needs the package `@google-cloud/storage`,
 * which is loaded at first use: without it every call is `MISSING_DEPENDENCY`.
 *
 * An etag is the generation of an object, a decimal number. Errors carry a `GcsFailure` as `cause`: the reason that the
 * API gave, the HTTP status and the request id.
 *
 * Requests are sent again as the client's `retryOptions` say; by default only those that do no harm twice, which a write,
 * copy or delete without a condition may. After a response was lost, a write with `ifNoneMatch` or `ifMatch` asks its
 * upload session what became of it, and never takes its own object for another's. A delete with `ifMatch` can't ask: it
 * may say `PRECONDITION_FAILED` when its first attempt has deleted the object.
 *
 * @example
 * const store = new GcsStore({ bucket: "payloads", prefix: "prod" });
 * await store.write("runs/42/input.json", '{"id":42}', { contentType: "application/json", ifNoneMatch: "*" });
 * await store.close();
 */
export class GcsStore implements Store {
  readonly name = "gcs";
  readonly capability: Readonly<Capability>;
  readonly #bucket: GcsBucket;

  /** @throws {StorageError} `CONFIG_INVALID` that names every wrong option */
  constructor(options: GcsStoreOptions) {
    const parsed = parseGcsOptions(options);
    const features = gcsFeatures(parsed);
    this.#bucket = new GcsBucket(parsed, features);
    this.capability = gcsCapability(parsed, features);
  }

  /**
   * A store whose `capability` says what the server was seen to do (see {@link GcsStore.probe}). Options given in
   * `capability` are not probed away: they are replaced by what was found.
   *
   * @example
   * const store = await GcsStore.detect({ bucket: "payloads", clientConfig: { apiEndpoint: "http://127.0.0.1:9199" } });
   */
  static async detect(options: GcsStoreOptions, call: CallOptions = {}): Promise<GcsStore> {
    const probing = new GcsStore(options);
    try {
      return new GcsStore({ ...options, capability: await probing.probe(call) });
    } finally {
      await probing.close();
    }
  }

  write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    return endingSource(body, async (source) => {
      const details = checkWrite(this, path, source, options);
      return writeObject(this.#bucket, path, source, options, gcsCall(details, options));
    });
  }

  async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    return readObject(this.#bucket, path, options, gcsCall(checkRead(this, path, options), options));
  }

  async stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    return statObject(this.#bucket, path, gcsCall(checkStat(this, path, options), options));
  }

  async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    await deleteObject(this.#bucket, path, options, gcsCall(checkDelete(this, path, options), options));
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    yield* listObjects(this.#bucket, prefix, options, gcsCall(checkList(this, prefix, options), options));
  }

  async copy(from: string, to: string, options: CallOptions = {}): Promise<ObjectInfo> {
    return copyObject(this.#bucket, from, to, gcsCall(checkCopy(this, from, to, options), options));
  }

  /** `expiresIn` may be up to 604,800 s (seven days). */
  async presign(path: string, options: PresignOptions): Promise<string> {
    const details = checkPresign(this, path, options, MAX_PRESIGN_SECONDS);
    return presignObject(this.#bucket, path, options, gcsCall(details, {}));
  }

  /**
   * Tries out what the server honours and whether the credentials can sign, whatever `capability` says: writes a few
   * small objects under `.coatcheck-probe/` and deletes them. Needs the right to write and delete there.
   */
  async probe(options: CallOptions = {}): Promise<GcsFeatures> {
    return probeFeatures(this.#bucket, options);
  }

  /** Closes the connections that the store made. An `agent` of the caller's stays open. */
  async close(): Promise<void> {
    this.#bucket.client.close();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  static {
    declareOwnStore(this);
  }
}
