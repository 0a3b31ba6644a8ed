import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";

// `requestTimeout` is not set, since it ends when the response begins. It would limit the time to send a large part,
// but would not notice a body that stalls. `socketTimeout` counts only silence, in either direction.
const TIMEOUTS = { connectionTimeout: 5_000, socketTimeout: 30_000 };

/** Makes a client whose requests can't hang. Adds timeouts to the caller's configuration where it sets none. */
export function createClient(config: S3ClientConfig = {}): S3Client {
  const { requestHandler } = config;
  if (requestHandler !== undefined && "handle" in requestHandler) return new S3Client(config);
  return new S3Client({ ...config, requestHandler: { ...TIMEOUTS, ...requestHandler } });
}
