/** The part of an S3 lifecycle rule that this library writes and reads. */
export interface S3LifecycleRule {
  ID: string;
  Status: "Enabled" | "Disabled";
  Filter: { Prefix: string };
  Expiration: { Days: number };
  NoncurrentVersionExpiration?: { NoncurrentDays: number };
  AbortIncompleteMultipartUpload?: { DaysAfterInitiation: number };
}

/**
 * The configuration that `PutBucketLifecycleConfiguration` and `aws s3api put-bucket-lifecycle-configuration` take.
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
 * The configuration that `gcloud storage buckets update --lifecycle-file` takes, and `bucket.setMetadata` of the
 * client library.
 * https://cloud.google.com/storage/docs/lifecycle
 */
// Not an interface, because the client library wants a type with an index signature.

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
 * The policy that `az storage account management-policy create --policy` takes.
 * https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-policy-structure
 */
export interface AzureLifecyclePolicy {
  rules: AzureLifecycleRule[];
}

/** The configuration by provider. `generic` is the minimum that all services with the API of S3 accept. */
export interface LifecycleConfigurations {
  s3: S3LifecycleConfiguration;
  gcs: GcsLifecycleConfiguration;
  azure: AzureLifecyclePolicy;
  generic: S3LifecycleConfiguration;
}
