import { pathRoom } from "../driver-options.js";
import { DriverStore } from "../driver-store.js";
import { declareOwnStore } from "../../guard/own-stores.js";
import type { CallOptions } from "../../store.js";
import type { BucketLifecycle } from "../bucket-lifecycle.js";
import { fieldsOf } from "../service-failure.js";
import type { GcsSettings } from "../settings.js";
import { answerObject, GcsBucket } from "./bucket.js";
import { gcsFeatures } from "./capability.js";
import { loadSdk } from "./client.js";
import { copyObject } from "./copy.js";
import { deleteObject, statObject } from "./object.js";
import { listObjects } from "./list.js";
import { toObjectName } from "./object-name.js";
import { MAX_OBJECT_SIZE, parseGcsOptions, type GcsFeatures, type GcsStoreOptions } from "./options.js";
import { MAX_PRESIGN_SECONDS } from "../../check.js";
import { presignObject } from "./presign.js";
import { probeFeatures } from "./probe.js";
import { readObject } from "./read.js";
import { writeObject } from "./write.js";

/**
 * Keeps objects in a bucket of Google Cloud Storage. The bucket must exist. Needs the package
 * `@google-cloud/storage`, which is loaded at first use. Without the package, every call fails as
 * `MISSING_DEPENDENCY`.
 *
 * The etag of an object is its generation, a decimal number. Errors carry a `GcsFailure` as `cause`. It has the
 * reason that the API gave, the HTTP status and the request id.
 *
 * The client's `retryOptions` decide which requests are sent again. By default, only requests that do no harm if they
 * are sent twice. A write, copy or delete without a condition may do harm. If the response to a write with
 * `ifNoneMatch` or `ifMatch` is lost, the write asks its upload session for the outcome. So it never takes its own
 * object for another's. A delete with `ifMatch` can't ask. It may fail as `PRECONDITION_FAILED` although its first
 * attempt deleted the object.
 *
 * A presigned URL may be valid for up to 604,800 s (seven days).
 *
 * `close()` closes the connections that the store made. An `agent` of the caller stays open.
 *
 * @example
 * const store = new GcsStore({ bucket: "payloads", prefix: "prod" });
 * await store.write("runs/42/input.json", '{"id":42}', { contentType: "application/json", ifNoneMatch: "*" });
 * await store.close();
 */
export class GcsStore extends DriverStore<"gcs"> {
  readonly #bucket: GcsBucket;

  /** @throws {StorageError} `CONFIG_INVALID`, which names every wrong option */
  constructor(options: GcsStoreOptions) {
    const parsed = parseGcsOptions(options);
    const features = gcsFeatures(parsed);
    const bucket = new GcsBucket(parsed, features);
    const { ifNoneMatch, ifMatch, deleteIfMatch, presign } = features;
    const limits = { maxObjectSize: MAX_OBJECT_SIZE, ...pathRoom(parsed.prefix) };
    super({
      name: "gcs",
      place: `the bucket ${JSON.stringify(parsed.bucket)}`,
      capability: { ifNoneMatch, ifMatch, deleteIfMatch, presign, ...limits },
      write: (path, body, given, call) => writeObject(bucket, path, body, given, call),
      read: (path, given, call) => readObject(bucket, path, given, call),
      stat: (path, call) => statObject(bucket, path, call),
      delete: (path, given, call) => deleteObject(bucket, path, given, call),
      list: (prefix, given, call) => listObjects(bucket, prefix, given, call),
      copy: (from, to, call) => copyObject(bucket, from, to, call),
      presign: (path, given, call) => presignObject(bucket, path, given, call),
      maxExpiresIn: MAX_PRESIGN_SECONDS,
      close: () => bucket.client.close(),
    });
    this.#bucket = bucket;
  }

  /**
   * Makes a store whose `capability` is the observed behaviour of the server (see {@link GcsStore.probe}). The result
   * of the probe replaces every option given in `capability`.
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

  /**
   * Tests which features the server honours, and whether the credentials can sign. Ignores the option `capability`.
   * Writes a few small objects under `.coatcheck-probe/` and deletes them. Needs the right to write and delete there.
   */
  async probe(options: CallOptions = {}): Promise<GcsFeatures> {
    return probeFeatures(this.#bucket, options);
  }

  /**
   * Reads the lifecycle rules of the whole bucket, for `checkLifecycle`. Needs the right `storage.buckets.get`, which
   * no other call needs.
   *
   * @throws {StorageError} `PERMISSION_DENIED`
   * @example
   * const { rules, prefix } = await store.readLifecycle();
   * const problems = checkLifecycle(rules, { prefix: `${prefix}outputs`, ttl: 7 * DAY });
   */
  async readLifecycle({ signal }: CallOptions = {}): Promise<BucketLifecycle> {
    const bucket = this.#bucket;
    const call = { details: { operation: "readLifecycle", store: this.name }, signal };
    const target = `/b/${encodeURIComponent(bucket.options.bucket)}`;
    const answer = await bucket.send(call, { method: "GET", target, query: { fields: "lifecycle" }, idempotent: true });
    const { rule } = fieldsOf(fieldsOf(answerObject(answer, call))["lifecycle"]);
    return { rules: Array.isArray(rule) ? rule : [], prefix: toObjectName(bucket.options.prefix) };
  }

  static {
    declareOwnStore(this);
  }
}

/**
 * Makes a {@link GcsStore} from the settings of the environment. The library finds credentials and endpoint in
 * Google's own variables.
 *
 * @throws {StorageError} `MISSING_DEPENDENCY` for `@google-cloud/storage`
 */
export async function createGcsStore({ bucket, prefix }: GcsSettings): Promise<GcsStore> {
  await loadSdk();
  return new GcsStore({ bucket, prefix });
}
