/** The settings of Redis in environment variables. */
export interface RedisSettings {
  provider: "redis";
  url: string;
  prefix: string | undefined;
  /** Milliseconds after which an object is gone. */
  ttl: number | undefined;
}

/** The settings of Google Cloud Storage in environment variables. */
export interface GcsSettings {
  provider: "gcs";
  bucket: string;
  prefix: string | undefined;
}

/** The settings of Azure Blob Storage in environment variables. Either `account` or `connectionString` is set. */
export interface AzureSettings {
  provider: "azure";
  container: string;
  prefix: string | undefined;
  /** Name of the account. Its credential comes from the environment. */
  account: string | undefined;
  connectionString: string | undefined;
}
