/** What environment variables say of Redis. */
export interface RedisSettings {
  provider: "redis";
  url: string;
  prefix: string | undefined;
  /** Milliseconds after which an object is gone. */
  ttl: number | undefined;
}

/** What environment variables say of Google Cloud Storage. */
export interface GcsSettings {
  provider: "gcs";
  bucket: string;
  prefix: string | undefined;
}

/** What environment variables say of Azure Blob Storage: one of `account` and `connectionString` is there. */
export interface AzureSettings {
  provider: "azure";
  container: string;
  prefix: string | undefined;
  /** Name of the account. Its credential is what the environment has for it. */
  account: string | undefined;
  connectionString: string | undefined;
}
