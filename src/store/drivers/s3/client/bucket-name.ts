// The texts that a segment of a URL carries unchanged. AWS takes fewer names (lower case, 3 to 63 bytes: S3 User
// Guide, "bucket naming rules") and reports the others. Servers with its API take more names, and so do old buckets
// of AWS. The part before a colon is a tenant of Ceph ("RGW multi-tenancy").
const NAME = /^(?:\w*:)?[\w.-]{1,255}$/;
const DOTS_ALONE = /^(?:\w*:)?\.+$/;

// Access points and buckets of Outposts (AWS General Reference, "ARN"):
// "arn:aws:s3:eu-central-1:123456789012:accesspoint/a".
const ARN = /^arn:[\w-]+:s3[\w-]*:[\w-]*:\d*:[\w./:-]+$/;

/**
 * Returns the reason why a text can't be the name of a bucket or the ARN of an access point. Returns `undefined` if
 * it can.
 */
export function bucketNameProblem(bucket: string): string | undefined {
  if (bucket === "") return "must not be empty";
  if ((NAME.test(bucket) && !DOTS_ALONE.test(bucket)) || ARN.test(bucket)) return undefined;
  if (bucket.includes("://"))
    return 'must be the name alone, such as "payloads": no URL; a path inside the bucket goes into "prefix"';
  if (bucket.includes("/")) return 'must be the name alone: what follows the slash goes into "prefix"';
  return "must be the name of a bucket (letters, digits, dots, hyphens, underscores) or the ARN of an access point";
}
