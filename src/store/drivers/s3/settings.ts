/** Credentials from environment variables. */
export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/** The settings of S3 in environment variables. */
export interface S3Settings {
  provider: "s3";
  bucket: string;
  prefix: string | undefined;
  region: string | undefined;
  /** A URL with its scheme, without a trailing slash. */
  endpoint: string | undefined;
  /** Default: `true` if there is an endpoint. */
  forcePathStyle: boolean;
  credentials: S3Credentials | undefined;
  /** Most attempts after the first one, default 3. */
  maxRetries: number;
  /** Longest wait before a retry in milliseconds, default 10000. */
  maxBackoff: number;
  /** Milliseconds within which a request must be answered. Also the longest silence of its connection. */
  timeout: number | undefined;
  /** Bytes of one part of a multipart upload. */
  partSize: number | undefined;
  /** Parts that are uploaded at the same time. */
  queueSize: number | undefined;
  sse: "s3" | "kms" | undefined;
  kmsKeyId: string | undefined;
}
