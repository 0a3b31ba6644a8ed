import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { CappedRetries } from "./client/capped-retries.js";
import { S3Store } from "./s3-store.js";
import type { S3Settings } from "./settings.js";

// The region of the Go system where nothing names one. Servers other than AWS mostly take any.
const DEFAULT_REGION = "us-east-1";

/** An {@link S3Store} with a client of its own, as the environment describes it. */
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
  // What the SDK finds in its own variables, files and metadata services.
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

/** The credentials of the variables, else those that the SDK finds, else, where an endpoint is given, none. */
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
  // As the Go system does with a server that asks for no credentials: requests go unsigned.
  return isFound
    ? {}
    : {
        credentials: { accessKeyId: "", secretAccessKey: "" },
        signer: { sign: (request) => Promise.resolve(request) },
      };
}
