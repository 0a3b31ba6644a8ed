import { S3Client } from "@aws-sdk/client-s3";
import { StorageError } from "../../../errors/error.js";
import type { SchemeFactory } from "../../compose/routing/options.js";
import { readOptions } from "../../../options/parse-options.js";
import { SharedClient } from "../../compose/routing/shared-client.js";
import { createClient } from "./client/client.js";
import { parseS3Options, type S3StoreOptions } from "./options.js";
import { S3Store } from "./s3-store.js";

/** Options of {@link s3Scheme}. All buckets share these options of an S3Store. */
export type S3SchemeOptions = Omit<S3StoreOptions, "bucket">;

// A bucket name has only letters, digits and these characters (S3 User Guide, "bucket naming rules", including the
// older rules). A reference may come from any source, and the SDK interprets other texts.
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/;

// The options are checked before a bucket is known.
const ANY_BUCKET = "bucket";

// The region if nothing names one. S3 then reports the region of a bucket, and the SDK follows.
const DEFAULT_REGION = "us-east-1";

/**
 * Serves any bucket through one client, for the option `schemes` of a `RoutingStore`. `s3://bucket/path` is the
 * object `path` of the bucket. Without options, the SDK finds region and credentials in the environment.
 *
 * @throws {StorageError} `CONFIG_INVALID` for wrong options. Its factory throws `INVALID_PATH` for an invalid bucket
 *   name.
 * @example
 * const store = new RoutingStore({
 *   primary,
 *   schemes: { s3: s3Scheme({ clientConfig: { region: "eu-central-1" } }) },
 * });
 */
export function s3Scheme(options: S3SchemeOptions = {}): SchemeFactory {
  readOptions(options, "s3Scheme");
  parseS3Options({ ...options, bucket: ANY_BUCKET });
  const { client, clientConfig, ...rest } = options;
  const shared = new SharedClient(
    () => createClient({ region: ambientRegion, followRegionRedirects: true, ...clientConfig }),
    (ownClient) => ownClient.destroy(),
  );
  const factory: SchemeFactory = ({ container: bucket }) => {
    if (!BUCKET.test(bucket)) {
      throw new StorageError("INVALID_PATH", "What the path names in the place of a bucket is not the name of one.");
    }
    if (client !== undefined) return new S3Store({ ...rest, bucket, client, clientConfig });
    return shared.store((ownClient) => new S3Store({ ...rest, bucket, client: ownClient }));
  };
  return Object.assign(factory, { perContainer: true });
}

async function ambientRegion(): Promise<string> {
  const sdk = new S3Client({});
  try {
    return await sdk.config.region();
  } catch {
    return DEFAULT_REGION;
  } finally {
    sdk.destroy();
  }
}
