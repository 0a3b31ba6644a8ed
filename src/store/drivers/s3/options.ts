import { isObject } from "../../../json/is-object.js";
import type { S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import * as z from "zod/mini";
import { parseOptions } from "../../../options/parse-options.js";
import { isOneAtMost, pathPrefix, rule, soundText, wholeNumber } from "../driver-options.js";
import { bucketNameProblem } from "./client/bucket-name.js";
import { CLIENT_PROBLEM, isFittingClient } from "./client/client-fit.js";
import { ENDPOINT_PROBLEM, isEndpoint } from "./client/endpoint.js";
import { MAX_PART_SIZE, MIN_PART_SIZE } from "./limits.js";
import { isRegion, REGION_PROBLEM } from "./client/region.js";

/** The conditions of writes and deletes that servers of the S3 API differ in. */
export interface S3Conditions {
  /** The server honours `If-None-Match: *` on PutObject and CompleteMultipartUpload. */
  ifNoneMatch: boolean;
  /** The server honours `If-Match` on PutObject and CompleteMultipartUpload. */
  ifMatch: boolean;
  /** The server honours `If-Match` on DeleteObject. */
  deleteIfMatch: boolean;
}

/** Options of {@link S3Store}. */
export interface S3StoreOptions {
  /** Name of an existing bucket, or the ARN of an access point: no URL, no path. The store never creates one. */
  bucket: string;
  /** Path inside the bucket that all objects lie under, such as `"coatcheck/prod"`. Callers never see it. Default none. */
  prefix?: string | undefined;
  /**
   * A client to use, of `@aws-sdk/client-s3` ^3.1169.0: older ones are refused. It stays the caller's: `close()` leaves it open, and its own
   * timeouts and retries apply.
   */
  client?: S3Client | undefined;
  /**
   * Configuration of the client that the store makes (and destroys on `close()`): region, endpoint, credentials,
   * `forcePathStyle`, ... Default: what the SDK finds in the environment. Unless `requestHandler` says otherwise, a
   * connection has 5 s to be made, and 30 s without a byte in either direction end a request with `TIMEOUT`.
   */
  clientConfig?: S3ClientConfig | undefined;
  /**
   * Bytes of one part, 5 MiB to 5 GiB, default 8 MiB. What fits into one part is written by one PutObject; by default
   * also a body of up to 16 MiB that is there as a whole, for the fewer requests. S3 takes 10,000 parts, so this also
   * sets the largest object: 78 GiB by default. The parts of a stream are held in memory: by default they have 5 MiB, and
   * larger ones follow after each 2,500 of a size.
   */
  partSize?: number | undefined;
  /**
   * Parts of one object that are on their way at a time; at least 1, default 4, of a stream 2.
   */
  queueSize?: number | undefined;
  /** Encryption at rest: `"s3"` (SSE-S3, AES-256) or `"kms"` (SSE-KMS). Default: what the bucket says. */
  sse?: "s3" | "kms" | undefined;
  /** Id or ARN of the KMS key; only with `sse: "kms"`. Default: the account's key for S3. */
  kmsKeyId?: string | undefined;
  /**
   * How PutObject of what fits one request, GetObject, HeadObject and DeleteObject are sent. `"direct"`: past the SDK's
   * middleware, in a fraction of its time, with the endpoint, region, credentials and request handler of the client; an
   * answer that is not plainly good, and a broken connection, is left to the SDK, which sends the request anew. `"sdk"`: by
   * the SDK alone. A client with middleware, signer, endpoint provider, retry strategy or logger of its user's is used by the SDK
   * in either case. Default `"direct"`.
   */
  transport?: "direct" | "sdk" | undefined;
  /**
   * Which conditions the server honours. Several servers ignore conditional writes without a word, so say `false` for
   * those, or let `S3Store.detect()` find out. Default: `ifNoneMatch` and `ifMatch` true, as on AWS; `deleteIfMatch`
   * false, since few servers know it (AWS does).
   */
  capability?: Partial<S3Conditions> | undefined;
}

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
    capability: z.optional(
      z.partial(z.strictObject({ ifNoneMatch: z.boolean(), ifMatch: z.boolean(), deleteIfMatch: z.boolean() })),
    ),
  })
  .check(
    rule("clientConfig", "can't be combined with client", (all) => isOneAtMost(all.client, all.clientConfig)),
    rule("kmsKeyId", 'needs sse: "kms"', ({ kmsKeyId, sse }) => kmsKeyId === undefined || sse === "kms"),
  );

/** The options as the store works with them: checked, defaults filled in. */
export type ParsedS3Options = z.output<typeof schema>;

/** @throws {StorageError} `CONFIG_INVALID` that names every wrong field */
export function parseS3Options(options: S3StoreOptions): ParsedS3Options {
  return parseOptions(schema, options, "S3Store");
}
