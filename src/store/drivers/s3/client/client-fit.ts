import { isObject } from "../../../../json/is-object.js";
import { HeadBucketCommand, type S3Client } from "@aws-sdk/client-s3";

/** Versions of `@aws-sdk/client-s3` with fitting clients. The commands of this package come from these versions. */
export const FITTING_VERSIONS = "^3.1169.0";

/** The problem of a client that does not fit. */
export const CLIENT_PROBLEM = `must be an S3Client of @aws-sdk/client-s3 ${FITTING_VERSIONS}: clients of older versions can't send the commands of this one (update it, or give "clientConfig" in its place)`;

/**
 * Tells whether a client can send the commands of the SDK that this package uses. Commands no longer have their own
 * serializer. The client must have one, and clients of older versions don't. The check puts a command together for
 * the client, and sends nothing.
 */
export function isFittingClient(client: unknown): client is S3Client {
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
