import { pathRoom } from "../driver-options.js";
import { DriverStore } from "../driver-store.js";
import { declareOwnStore } from "../../guard/own-stores.js";
import type { CallOptions } from "../../store.js";
import type { BucketLifecycle } from "../bucket-lifecycle.js";
import { GcsBucket } from "./bucket.js";
import { gcsFeatures } from "./capability.js";
import { copyObject } from "./copy.js";
import { deleteObject, statObject } from "./object.js";
import { readLifecycle } from "./lifecycle.js";
import { listObjects } from "./list.js";
import {
  MAX_OBJECT_SIZE,
  MAX_PRESIGN_SECONDS,
  parseGcsOptions,
  type GcsFeatures,
  type GcsStoreOptions,
} from "./options.js";
import { presignObject } from "./presign.js";
import { probeFeatures } from "./probe.js";
import { readObject } from "./read.js";
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
 * A presigned URL may live up to 604,800 s (seven days).
 *
 * `close()` closes the connections that the store made. An `agent` of the caller's stays open.
 *
 * @example
 * const store = new GcsStore({ bucket: "payloads", prefix: "prod" });
 * await store.write("runs/42/input.json", '{"id":42}', { contentType: "application/json", ifNoneMatch: "*" });
 * await store.close();
 */
export class GcsStore extends DriverStore<"gcs"> {
  readonly #bucket: GcsBucket;

  /** @throws {StorageError} `CONFIG_INVALID` that names every wrong option */
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

  /**
   * Tries out what the server honours and whether the credentials can sign, whatever `capability` says: writes a few
   * small objects under `.coatcheck-probe/` and deletes them. Needs the right to write and delete there.
   */
  async probe(options: CallOptions = {}): Promise<GcsFeatures> {
    return probeFeatures(this.#bucket, options);
  }

  /**
   * The lifecycle rules of the whole bucket, for `checkLifecycle`. Needs the right `storage.buckets.get`, which no other
   * call does.
   *
   * @throws {StorageError} `PERMISSION_DENIED`
   * @example
   * const { rules, prefix } = await store.readLifecycle();
   * const problems = checkLifecycle(rules, { prefix: `${prefix}outputs`, ttl: 7 * DAY });
   */
  async readLifecycle(options: CallOptions = {}): Promise<BucketLifecycle> {
    return readLifecycle(this.#bucket, options);
  }

  static {
    declareOwnStore(this);
  }
}
