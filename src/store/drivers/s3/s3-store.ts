import { GetBucketLifecycleConfigurationCommand } from "@aws-sdk/client-s3";
import { pathRoom } from "../driver-options.js";
import { DriverStore } from "../driver-store.js";
import { declareOwnStore } from "../../guard/own-stores.js";
import type { CallOptions } from "../../store.js";
import type { BucketLifecycle } from "../bucket-lifecycle.js";
import { S3Bucket } from "./bucket.js";
import { createClient } from "./client/client.js";
import { copyObject } from "./copy.js";
import { S3_ERRORS } from "./errors.js";
import { deleteObject, statObject } from "./object.js";
import { listObjects } from "./list.js";
import { parseS3Options, type S3Conditions, type S3StoreOptions } from "./options.js";
import { MAX_PRESIGN_SECONDS } from "../../check.js";
import { presignObject } from "./presign.js";
import { probeConditions } from "./probe/probe.js";
import { readObject, readWholeObject } from "./read.js";
import { writeObject } from "./write.js";

// The error code for a bucket without lifecycle rules, which is no failure.
const NO_RULES = "NoSuchLifecycleConfiguration";

/**
 * Keeps objects in a bucket of Amazon S3, or of a server with the S3 API. The bucket must exist. Give it a lifecycle
 * rule that removes incomplete multipart uploads, since a process may die in the middle of one.
 *
 * Errors carry an `S3Failure` as `cause`. It has S3's error code, the HTTP status and the request id. If a response
 * is lost, the request is sent again. With `transport: "direct"`, it may be sent once more than `maxAttempts` says. A
 * write with `ifNoneMatch` may then find its own object, and fail as `ALREADY_EXISTS`.
 *
 * A presigned URL may be valid for up to 604,800 s (seven days). It expires earlier if temporary credentials signed
 * it. `close()` destroys the client, if the store made it.
 *
 * @example
 * const store = new S3Store({ bucket: "payloads", prefix: "prod", clientConfig: { region: "eu-central-1" } });
 * await store.write("runs/42/input.json", '{"id":42}', { contentType: "application/json", ifNoneMatch: "*" });
 * await store.close();
 */
export class S3Store extends DriverStore<"s3"> {
  readonly #bucket: S3Bucket;

  /** @throws {StorageError} `CONFIG_INVALID`, which names every wrong option */
  constructor(options: S3StoreOptions) {
    const parsed = parseS3Options(options);
    const { ifNoneMatch = true, ifMatch = true, deleteIfMatch = false } = parsed.capability ?? {};
    const ownClient = parsed.client === undefined ? createClient(parsed.clientConfig) : undefined;
    const bucket = new S3Bucket(parsed.client ?? ownClient!, parsed);
    const { maxObjectSize } = bucket;
    super({
      name: "s3",
      place: `the bucket ${JSON.stringify(parsed.bucket)}`,
      capability: { ifNoneMatch, ifMatch, deleteIfMatch, maxObjectSize, ...pathRoom(parsed.prefix) },
      write: (path, body, given, call) => writeObject(bucket, path, body, given, call),
      read: (path, given, call) => readObject(bucket, path, given, call),
      readWhole: (path, given, call, onLength) => readWholeObject(bucket, path, given, call, onLength),
      stat: (path, call) => statObject(bucket, path, call),
      delete: (path, given, call) => deleteObject(bucket, path, given, call),
      list: (prefix, given, call) => listObjects(bucket, prefix, given, call),
      copy: (from, to, call) => copyObject(bucket, from, to, call),
      presign: (path, given, call) => presignObject(bucket, path, given, call),
      maxExpiresIn: MAX_PRESIGN_SECONDS,
      close: () => ownClient?.destroy(),
    });
    this.#bucket = bucket;
  }

  /**
   * Makes a store whose `capability` is the observed behaviour of the server (see {@link S3Store.probe}). The result
   * of the probe replaces every option given in `capability`.
   *
   * @example
   * const store = await S3Store.detect({ bucket: "payloads", clientConfig: { endpoint, forcePathStyle: true } });
   */
  static async detect(options: S3StoreOptions, call: CallOptions = {}): Promise<S3Store> {
    const probing = new S3Store(options);
    try {
      return new S3Store({ ...options, capability: await probing.probe(call) });
    } finally {
      await probing.close();
    }
  }

  /**
   * Tests which conditions the server honours. Ignores the option `capability`.
   *
   * Tries each condition both broken and fulfilled, and lets 16 requests at a time race under it, two for each of
   * eight objects. Tests one PutObject as well as uploads in parts, since large bodies and streams are written in
   * parts. A condition counts only if it holds in all these tests. A server that checks first and writes later lets
   * both requests of an object win if it takes them up together.
   *
   * Sends some 1,300 small requests under `.coatcheck-probe/`, or fewer if a condition does not hold. Deletes the
   * objects that it wrote, but a bucket with versioning keeps their versions. Needs the right to write, read and
   * delete there. The number of racing requests is limited by the client's connections (`maxSockets`), so allow 16 or
   * more.
   */
  async probe(options: CallOptions = {}): Promise<S3Conditions> {
    return probeConditions(this.#bucket, options);
  }

  /**
   * Reads the lifecycle rules of the whole bucket, for `checkLifecycle`. Needs the right
   * `s3:GetLifecycleConfiguration`, which no other call needs.
   *
   * @throws {StorageError} `PERMISSION_DENIED`; `UNSUPPORTED` for a server without such rules
   * @example
   * const { rules, prefix } = await store.readLifecycle();
   * const problems = checkLifecycle(rules, { prefix: `${prefix}outputs`, ttl: 7 * DAY });
   */
  async readLifecycle({ signal }: CallOptions = {}): Promise<BucketLifecycle> {
    const { name, keyPrefix: prefix } = this.#bucket;
    const call = { details: { operation: "readLifecycle", store: this.name }, signal };
    try {
      const { Rules = [] } = await this.#bucket.send(
        call,
        new GetBucketLifecycleConfigurationCommand({ Bucket: name }),
      );
      return { rules: Rules, prefix };
    } catch (error) {
      if (S3_ERRORS.failureOf(error)?.name === NO_RULES) return { rules: [], prefix };
      throw error;
    }
  }

  static {
    declareOwnStore(this);
  }
}
