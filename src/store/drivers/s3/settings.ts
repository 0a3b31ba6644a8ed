/** Credentials that environment variables give. */
export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** What environment variables say of S3. */
export interface S3Settings {
  provider: "s3";
  bucket: string;
  prefix: string | undefined;
  region: string | undefined;
  /** A URL with its scheme, without a trailing slash. */
  endpoint: string | undefined;
  /** Default: whether there is an endpoint. */
  forcePathStyle: boolean;
  credentials: S3Credentials | undefined;
  /** Tries after the first one, default 3. */
  maxRetries: number;
  /** Longest wait before a retry in milliseconds, default 10000. */
  maxBackoff: number;
  /** Milliseconds until a request must be answered, and that its connection may be silent. */
  timeout: number | undefined;
  /** Bytes of one part of a multipart upload. */
  partSize: number | undefined;
  /** Parts uploaded at a time. */
  queueSize: number | undefined;
  sse: "s3" | "kms" | undefined;
  kmsKeyId: string | undefined;
}
