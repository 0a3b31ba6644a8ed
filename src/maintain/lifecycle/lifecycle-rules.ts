import { MARGIN } from "../../configure/retention.js";
import { StorageError } from "../../errors/error.js";
import { longestLife } from "../../object/expiry-label.js";
import type {
  AzureLifecyclePolicy,
  GcsLifecycleConfiguration,
  GcsLifecycleRule,
  LifecycleConfigurations,
  S3LifecycleConfiguration,
} from "./configurations.js";
import { DAY, parseLifecyclePolicy, type LifecyclePolicy } from "./lifecycle-policy.js";

// Days after which leftovers end. Nobody reads them any more: parts of uploads that broke off, and versions that were
// replaced or deleted.
const LEFTOVER_DAYS = 1;

type Provider = keyof LifecycleConfigurations;

const WRITERS: { readonly [P in Provider]: (prefix: string, days: number) => LifecycleConfigurations[P] } = {
  s3: s3Configuration,
  gcs: gcsConfiguration,
  azure: azurePolicy,
  generic: genericConfiguration,
};

/**
 * Returns lifecycle rules for the service that keeps the objects. They are a safety net behind `collect`, for objects
 * that it never saw. The function applies nothing.
 * The service deletes **everything** below `prefix` that is older than the rules say, including objects without a
 * label. So give the rules a prefix below which every payload has a ttl.
 *
 * Objects end some time after their label: the ttl, rounded as labels are, plus an hour for clocks that differ, in
 * whole days. Parts of uploads that broke off and versions that are not current end after a day. The rules for
 * `generic` have the expiry alone, because not all services with the API of S3 accept more.
 *
 * @param provider one of these:
 * - `s3`: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 * - `gcs`: https://cloud.google.com/storage/docs/lifecycle
 * - `azure`: https://learn.microsoft.com/azure/storage/blobs/lifecycle-management-policy-structure. There, blocks that
 *   were not committed end by themselves after a week
 * - `generic`: any other service with the API of S3
 * @throws {StorageError} `CONFIG_INVALID` that names each invalid field
 * @example
 * const DAY = 86_400_000;
 * const LifecycleConfiguration = lifecycleRules("s3", { prefix: "outputs", ttl: 7 * DAY });
 * await client.send(new PutBucketLifecycleConfigurationCommand({ Bucket: "payloads", LifecycleConfiguration }));
 */
export function lifecycleRules<P extends Provider>(provider: P, policy: LifecyclePolicy): LifecycleConfigurations[P] {
  if (typeof provider !== "string" || !Object.hasOwn(WRITERS, provider)) {
    const message = `The provider of lifecycleRules must be one of ${Object.keys(WRITERS).join(", ")}.`;
    throw new StorageError("CONFIG_INVALID", message, { operation: "configure" });
  }
  const { prefix, ttl } = parseLifecyclePolicy(policy, "lifecycleRules");
  return WRITERS[provider](prefix, Math.ceil((longestLife(ttl) + MARGIN) / DAY));
}

function genericConfiguration(prefix: string, days: number): S3LifecycleConfiguration {
  return {
    Rules: [{ ID: "coatcheck-expiry", Status: "Enabled", Filter: { Prefix: prefix }, Expiration: { Days: days } }],
  };
}

function s3Configuration(prefix: string, days: number): S3LifecycleConfiguration {
  const leftovers = {
    NoncurrentVersionExpiration: { NoncurrentDays: LEFTOVER_DAYS },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: LEFTOVER_DAYS },
  };
  return { Rules: genericConfiguration(prefix, days).Rules.map((rule) => ({ ...rule, ...leftovers })) };
}

function gcsConfiguration(prefix: string, days: number): GcsLifecycleConfiguration {
  const rule = (type: GcsLifecycleRule["action"]["type"], condition: GcsLifecycleRule["condition"]) => ({
    action: { type },
    condition: { ...condition, ...(prefix !== "" && { matchesPrefix: [prefix] }) },
  });
  return {
    lifecycle: {
      rule: [
        rule("Delete", { age: days }),
        rule("Delete", { daysSinceNoncurrentTime: LEFTOVER_DAYS }),
        rule("AbortIncompleteMultipartUpload", { age: LEFTOVER_DAYS }),
      ],
    },
  };
}

function azurePolicy(prefix: string, days: number): AzureLifecyclePolicy {
  const leftover = { delete: { daysAfterCreationGreaterThan: LEFTOVER_DAYS } };
  return {
    rules: [
      {
        name: "coatcheckExpiry",
        enabled: true,
        type: "Lifecycle",
        definition: {
          filters: { blobTypes: ["blockBlob"], ...(prefix !== "" && { prefixMatch: [prefix] }) },
          actions: {
            baseBlob: { delete: { daysAfterModificationGreaterThan: days } },
            snapshot: leftover,
            version: leftover,
          },
        },
      },
    ],
  };
}
