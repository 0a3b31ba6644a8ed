import { declareOwnStore } from "../../guard/own-stores.js";
import type { S3Client } from "@aws-sdk/client-s3";
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
import { S3Bucket, s3Call } from "./bucket.js";
import { s3Capability } from "./capability.js";
import { createClient } from "./client/client.js";
import { copyObject } from "./copy.js";
import { deleteObject } from "./delete.js";
import { listObjects } from "./list.js";
import { MAX_PRESIGN_SECONDS } from "./limits.js";
import { parseS3Options, type S3Conditions, type S3StoreOptions } from "./options.js";
import { presignObject } from "./presign.js";
import { probeConditions } from "./probe/probe.js";
import { readObject } from "./read.js";
import { statObject } from "./stat.js";
import { writeObject } from "./write.js";

/**
 * Keeps objects in a bucket of Amazon S3, or of a server that speaks its API. The bucket must exist; give it a lifecycle
 * rule that removes incomplete multipart uploads, for the day when a process dies in the middle of one.
 *
 * Errors carry an `S3Failure` as `cause`: S3's error code, the HTTP status and the request id. After a response was lost
 * the SDK sends a request again: a write with `ifNoneMatch` may then find its own object, and says `ALREADY_EXISTS`.
 *
 * @example
 * const store = new S3Store({ bucket: "payloads", prefix: "prod", clientConfig: { region: "eu-central-1" } });
 * await store.write("runs/42/input.json", '{"id":42}', { contentType: "application/json", ifNoneMatch: "*" });
 * await store.close();
 */
export class S3Store implements Store {
  readonly name = "s3";
  readonly capability: Readonly<Capability>;
  readonly #bucket: S3Bucket;
  readonly #ownClient: S3Client | undefined;

  /** @throws {StorageError} `CONFIG_INVALID` that names every wrong option */
  constructor(options: S3StoreOptions) {
    const parsed = parseS3Options(options);
    this.#ownClient = parsed.client === undefined ? createClient(parsed.clientConfig) : undefined;
    this.#bucket = new S3Bucket(parsed.client ?? this.#ownClient!, parsed);
    this.capability = s3Capability(parsed, this.#bucket.maxObjectSize);
  }

  /**
   * A store whose `capability` says what the server was seen to do (see {@link S3Store.probe}). Options given in
   * `capability` are not probed away: they are replaced by what was found.
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

  write(path: string, body: StoreBody, options: WriteOptions = {}): Promise<ObjectInfo> {
    return endingSource(body, async (source) => {
      const details = checkWrite(this, path, source, options);
      return writeObject(this.#bucket, path, source, options, details);
    });
  }

  async read(path: string, options: ReadOptions = {}): Promise<ReadResult> {
    return readObject(this.#bucket, path, options, s3Call(checkRead(this, path, options), options));
  }

  async stat(path: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    return statObject(this.#bucket, path, s3Call(checkStat(this, path, options), options));
  }

  async delete(path: string, options: DeleteOptions = {}): Promise<void> {
    await deleteObject(this.#bucket, path, options, s3Call(checkDelete(this, path, options), options));
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    yield* listObjects(this.#bucket, prefix, options, s3Call(checkList(this, prefix, options), options));
  }

  async copy(from: string, to: string, options: CallOptions = {}): Promise<ObjectInfo> {
    return copyObject(this.#bucket, from, to, s3Call(checkCopy(this, from, to, options), options));
  }

  /** `expiresIn` may be up to 604,800 s (seven days); a URL ends sooner with temporary credentials that signed it. */
  async presign(path: string, options: PresignOptions): Promise<string> {
    const details = checkPresign(this, path, options, MAX_PRESIGN_SECONDS);
    return presignObject(this.#bucket, path, options, s3Call(details, {}));
  }

  /**
   * Tries out which conditions the server honours, whatever `capability` says: keeps and breaks each of them, and lets 16
   * requests at a time race under it, by one PutObject and by uploads in parts, as large bodies and streams are written. A
   * condition counts only if it holds for all of them: a server that looks first and writes then lets several win. It
   * takes about a thousand small requests under `.coatcheck-probe/`, fewer when a condition does not hold, and deletes
   * what it wrote; a bucket with versions keeps these. Needs the right to write, read and delete there. Requests can race
   * as far as the client has connections (`maxSockets`), so give it 16 or more.
   */
  async probe(options: CallOptions = {}): Promise<S3Conditions> {
    return probeConditions(this.#bucket, options);
  }

  /** Destroys the client, if the store made it. */
  async close(): Promise<void> {
    this.#ownClient?.destroy();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  static {
    declareOwnStore(this);
  }
}
