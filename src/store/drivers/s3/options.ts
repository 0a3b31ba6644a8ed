import { isObject } from "../../../json/is-object.js";
import { HeadBucketCommand, type S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import * as z from "zod/mini";
import { rule } from "../../../options/fields.js";
import { parseOptions } from "../../../options/parse-options.js";
import { conditionFlags, isOneAtMost, pathPrefix, soundText, wholeNumber } from "../driver-options.js";
import { bucketNameProblem } from "./client/bucket-name.js";
import { ENDPOINT_PROBLEM, isEndpoint } from "./client/endpoint.js";
import { MAX_PART_SIZE, MIN_PART_SIZE } from "./limits.js";
import { isRegion, REGION_PROBLEM } from "./client/region.js";

/** The conditions of writes and deletes in which servers of the S3 API differ. */
export interface S3Conditions {
  /** Whether the server honours `If-None-Match: *` on PutObject and CompleteMultipartUpload. */
  ifNoneMatch: boolean;
  /** Whether the server honours `If-Match` on PutObject and CompleteMultipartUpload. */
  ifMatch: boolean;
  /** Whether the server honours `If-Match` on DeleteObject. */
  deleteIfMatch: boolean;
}

/** Options of {@link S3Store}. */
export interface S3StoreOptions {
  /**
   * Name of an existing bucket, or the ARN of an access point. Not a URL, and without a path. The store never creates
   * a bucket.
   */
  bucket: string;
  /** Path inside the bucket that holds all objects, such as `"coatcheck/prod"`. Callers never see it. Default: none. */
  prefix?: string | undefined;
  /**
   * A client to use, of `@aws-sdk/client-s3` ^3.1169.0. Older clients are refused. The caller still owns it:
   * `close()` leaves it open, and its own timeouts and retries apply.
   */
  client?: S3Client | undefined;
  /**
   * Configuration of the client that the store makes (and destroys on `close()`): region, endpoint, credentials,
   * `forcePathStyle`, ... Default: the settings that the SDK finds in the environment. Unless `requestHandler` says
   * otherwise, a connection must be made within 5 s. After 30 s without a byte in either direction, a request fails
   * with `TIMEOUT`.
   */
  clientConfig?: S3ClientConfig | undefined;
  /**
   * Bytes of one part, 5 MiB to 5 GiB, default 8 MiB. One PutObject writes a body that fits into one part. By
   * default, one PutObject also writes a whole body of up to 16 MiB, which saves requests. S3 takes 10,000 parts, so
   * this option also sets the largest object: 78 GiB by default.
   *
   * The parts of a stream are held in memory. By default, they begin with 5 MiB, and their size doubles after every
   * 2,500 parts.
   */
  partSize?: number | undefined;
  /** Parts of one object that are in flight at the same time. At least 1, default 4, for a stream 2. */
  queueSize?: number | undefined;
  /** Encryption at rest: `"s3"` (SSE-S3, AES-256) or `"kms"` (SSE-KMS). Default: the setting of the bucket. */
  sse?: "s3" | "kms" | undefined;
  /** Id or ARN of the KMS key. Only with `sse: "kms"`. Default: the account's key for S3. */
  kmsKeyId?: string | undefined;
  /**
   * The transport for a PutObject of a body that fits one request, and for GetObject, HeadObject and DeleteObject.
   * Default `"direct"`.
   *
   * - `"direct"` bypasses the SDK's middleware, in a fraction of its time. It uses the endpoint, region, credentials
   *   and request handler of the client. If a response is neither a success nor a clear refusal, or the connection
   *   breaks, the SDK sends the request again.
   * - `"sdk"` uses the SDK alone.
   *
   * The SDK is always used for a client with the user's own middleware, signer, endpoint provider, retry strategy or
   * logger.
   */
  transport?: "direct" | "sdk" | undefined;
  /**
   * Conditions that the server honours. Several servers silently ignore conditional writes. Set `false` for those, or
   * let `S3Store.detect()` find out. Default: `ifNoneMatch` and `ifMatch` are `true`, as on AWS. `deleteIfMatch` is
   * `false`, since few servers support it (AWS does).
   */
  capability?: Partial<S3Conditions> | undefined;
}

/** Versions of `@aws-sdk/client-s3` with fitting clients. The commands of this package come from these versions. */
export const FITTING_VERSIONS = "^3.1169.0";

/** The problem of a client that does not fit. */
const CLIENT_PROBLEM = `must be an S3Client of @aws-sdk/client-s3 ${FITTING_VERSIONS}: clients of older versions can't send the commands of this one (update it, or give "clientConfig" in its place)`;

const schema = z
  .strictObject({
    bucket: soundText(bucketNameProblem),
    prefix: pathPrefix,
    client: z.optional(z.custom<S3Client>(isFittingClient, CLIENT_PROBLEM)),
    clientConfig: z.optional(
      z.custom<S3ClientConfig>(isObject, "must be an object").check(
        rule("endpoint", ENDPOINT_PROBLEM, ({ endpoint }) => isEndpoint(endpoint)),
        rule("region", REGION_PROBLEM, ({ region }) => isRegion(region)),
      ),
    ),
    partSize: z.optional(wholeNumber.check(z.gte(MIN_PART_SIZE), z.lte(MAX_PART_SIZE))),
    queueSize: z.optional(wholeNumber.check(z.gte(1))),
    sse: z.optional(z.enum(["s3", "kms"])),
    transport: z.optional(z.enum(["direct", "sdk"])),
    kmsKeyId: z.optional(z.string().check(z.minLength(1, "must not be empty"))),
    capability: z.optional(z.strictObject(conditionFlags)),
  })
  .check(
    rule("clientConfig", "can't be combined with client", (all) => isOneAtMost(all.client, all.clientConfig)),
    rule("kmsKeyId", 'needs sse: "kms"', ({ kmsKeyId, sse }) => kmsKeyId === undefined || sse === "kms"),
  );

/** The checked options, with defaults filled in. */
export type ParsedS3Options = z.output<typeof schema>;

/** @throws {StorageError} `CONFIG_INVALID`, which names every wrong field */
export function parseS3Options(options: S3StoreOptions): ParsedS3Options {
  return parseOptions(schema, options, "S3Store");
}

/**
 * Tells whether a client can send the commands of the SDK that this package uses. Commands no longer have their own
 * serializer. The client must have one, and clients of older versions don't. The check puts a command together for
 * the client, and sends nothing.
 */
function isFittingClient(client: unknown): client is S3Client {
  if (!isObject(client) || typeof client["send"] !== "function" || !isObject(client["config"])) return false;
  if (typeof client["config"]["requestChecksumCalculation"] !== "function") return false;
  const { middlewareStack, config } = client as unknown as S3Client;
  try {
    new HeadBucketCommand({ Bucket: "bucket" }).resolveMiddleware(middlewareStack, config, {});
    return true;
  } catch {
    return false;
  }
}
