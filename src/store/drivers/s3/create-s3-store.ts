import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { CappedRetries } from "./client/capped-retries.js";
import { S3Store } from "./s3-store.js";
import type { S3Settings } from "./settings.js";

// The default region of the Go system. Most servers other than AWS take any region.
const DEFAULT_REGION = "us-east-1";

/** Makes an {@link S3Store} with its own client, from the settings of the environment. */
export async function createS3Store(settings: S3Settings): Promise<S3Store> {
  const { bucket, prefix, partSize, queueSize, sse, kmsKeyId } = settings;
  return new S3Store({
    bucket,
    prefix,
    clientConfig: await clientConfig(settings),
    partSize,
    queueSize,
    sse,
    kmsKeyId,
  });
}

async function clientConfig(settings: S3Settings): Promise<S3ClientConfig> {
  const { region, endpoint, forcePathStyle, maxRetries, maxBackoff, timeout } = settings;
  // The settings that the SDK finds in its own variables, files and metadata services.
  const ambient = new S3Client({}).config;
  return {
    region: region ?? (() => ambient.region().catch(() => DEFAULT_REGION)),
    forcePathStyle,
    retryStrategy: new CappedRetries(maxRetries + 1, maxBackoff),
    ...(endpoint !== undefined && { endpoint }),
    ...(timeout !== undefined && {
      requestHandler: { requestTimeout: timeout, throwOnRequestTimeout: true, socketTimeout: timeout },
    }),
    ...(await identity(settings, ambient)),
  };
}

/**
 * Returns the credentials of the variables. Otherwise the SDK uses those that it finds. If it finds none and an
 * endpoint is set, requests need no credentials.
 */
async function identity(
  { credentials, endpoint }: S3Settings,
  ambient: S3Client["config"],
): Promise<Pick<S3ClientConfig, "credentials" | "signer">> {
  if (credentials !== undefined) {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    return { credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) } };
  }
  if (endpoint === undefined) return {};
  const isFound = await ambient.credentials().then(
    () => true,
    () => false,
  );
  // Requests go unsigned, as in the Go system, since the server asks for no credentials.
  return isFound
    ? {}
    : {
        credentials: { accessKeyId: "", secretAccessKey: "" },
        signer: { sign: (request) => Promise.resolve(request) },
      };
}
