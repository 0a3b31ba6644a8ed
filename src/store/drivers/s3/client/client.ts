import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";

// `requestTimeout` is left off: it ends when the answer begins, so it would limit how long a large part may be sent and
// yet not notice a body that stalls. `socketTimeout` counts silence only, whoever is silent.
const TIMEOUTS = { connectionTimeout: 5_000, socketTimeout: 30_000 };

/** A client whose requests can't hang: the caller's configuration, with timeouts where it sets none. */
export function createClient(config: S3ClientConfig = {}): S3Client {
  const { requestHandler } = config;
  if (requestHandler !== undefined && "handle" in requestHandler) return new S3Client(config);
  return new S3Client({ ...config, requestHandler: { ...TIMEOUTS, ...requestHandler } });
}
