import { once } from "../../../async/once.js";
import { StorageError } from "../../../errors/error.js";
import { readOptions } from "../../../options/parse-options.js";
import type { SchemeFactory } from "../../compose/routing/options.js";
import { createStorage } from "./client.js";
import { GcsStore } from "./gcs-store.js";
import { BUCKET_NAME } from "./bucket-name.js";
import { parseGcsOptions, type GcsStoreOptions } from "./options.js";

/** Options of {@link gcsScheme}. All buckets share these options of a GcsStore. */
export type GcsSchemeOptions = Omit<GcsStoreOptions, "bucket">;

// The options are checked before a bucket is known.
const ANY_BUCKET = "bucket";

/**
 * Serves any bucket through one client, for the option `schemes` of a `RoutingStore`. `gs://bucket/path` is the
 * object `path` of the bucket. Without options, the library finds credentials in the environment.
 *
 * @throws {StorageError} `CONFIG_INVALID` for wrong options. Its factory throws `INVALID_PATH` for an invalid bucket
 *   name, and `MISSING_DEPENDENCY` without the package `@google-cloud/storage`.
 * @example
 * const store = new RoutingStore({
 *   primary,
 *   schemes: { gs: gcsScheme({ clientConfig: { keyFilename: "/etc/service-account.json" } }) },
 * });
 */
export function gcsScheme(options: GcsSchemeOptions = {}): SchemeFactory {
  readOptions(options, "gcsScheme");
  parseGcsOptions({ ...options, bucket: ANY_BUCKET });
  const { client, clientConfig, ...rest } = options;
  const sharedClient = once(() => createStorage(clientConfig));
  const factory: SchemeFactory = async ({ container: bucket }) => {
    // A reference may come from any source, so it is not trusted.
    if (!BUCKET_NAME.test(bucket)) {
      throw new StorageError("INVALID_PATH", "What the path names in the place of a bucket is not the name of one.");
    }
    if (client !== undefined) return new GcsStore({ ...options, bucket });
    return new GcsStore({ ...rest, bucket, client: await sharedClient() });
  };
  return Object.assign(factory, { perContainer: true });
}
