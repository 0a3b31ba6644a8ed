/** Smallest part of a multipart upload, the last one excepted, in bytes (S3 User Guide, "multipart upload limits"). */
export const MIN_PART_SIZE = 5 * 1024 ** 2;

/** Largest part, and largest body of one PutObject or CopyObject, in bytes (same source; API reference, "CopyObject"). */
export const MAX_PART_SIZE = 5 * 1024 ** 3;

/**
 * Most parts of one upload (same source). Times {@link MAX_PART_SIZE} it is 48.8 TiB, which is also what S3 documents as
 * its largest object.
 */
export const MAX_PARTS = 10_000;

/** Longest life of a presigned URL in seconds: seven days (S3 API reference, "Authenticating requests", X-Amz-Expires). */
export const MAX_PRESIGN_SECONDS = 604_800;

/** Bytes of a part where the options don't say. */
export const DEFAULT_PART_SIZE = 8 * 1024 ** 2;
