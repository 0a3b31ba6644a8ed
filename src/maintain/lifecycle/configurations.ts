/** The part of a lifecycle rule of S3 that is written and looked at here. */
export interface S3LifecycleRule {
  ID: string;
  Status: "Enabled" | "Disabled";
  Filter: { Prefix: string };
  Expiration: { Days: number };
  NoncurrentVersionExpiration?: { NoncurrentDays: number };
  AbortIncompleteMultipartUpload?: { DaysAfterInitiation: number };
}

/**
 * What `PutBucketLifecycleConfiguration` and `aws s3api put-bucket-lifecycle-configuration` take.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 */
export interface S3LifecycleConfiguration {
  Rules: S3LifecycleRule[];
}

/** A lifecycle rule of Google Cloud Storage. */
export interface GcsLifecycleRule {
  action: { type: "Delete" | "AbortIncompleteMultipartUpload" };
  condition: { age?: number; daysSinceNoncurrentTime?: number; matchesPrefix?: string[] };
}

/**
 * What `gcloud storage buckets update --lifecycle-file` takes, and `bucket.setMetadata` of the client library.
 * https://cloud.google.com/storage/docs/lifecycle
 */
// No interface: the client library wants what has an index signature.

export type GcsLifecycleConfiguration = {
  lifecycle: { rule: GcsLifecycleRule[] };
};

/** A rule of an Azure lifecycle management policy. */
export interface AzureLifecycleRule {
  name: string;
  enabled: boolean;
  type: "Lifecycle";
  definition: {
    filters: { blobTypes: "blockBlob"[]; prefixMatch?: string[] };
    actions: {
      baseBlob: { delete: { daysAfterModificationGreaterThan: number } };
      snapshot: { delete: { daysAfterCreationGreaterThan: number } };
      version: { delete: { daysAfterCreationGreaterThan: number } };
    };
  };
}

/**
 * What `az storage account management-policy create --policy` takes.
 * https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-policy-structure
 */
export interface AzureLifecyclePolicy {
  rules: AzureLifecycleRule[];
}

/** The configuration by provider; `generic` is the least that services with the API of S3 take. */
export interface LifecycleConfigurations {
  s3: S3LifecycleConfiguration;
  gcs: GcsLifecycleConfiguration;
  azure: AzureLifecyclePolicy;
  generic: S3LifecycleConfiguration;
}
