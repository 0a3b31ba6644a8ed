/** Smallest part of a multipart upload in bytes, except the last part (S3 User Guide, "multipart upload limits"). */
export const MIN_PART_SIZE = 5 * 1024 ** 2;

/**
 * Largest part in bytes, and largest body of one PutObject or CopyObject. Sources: S3 User Guide, "multipart upload
 * limits"; API reference, "CopyObject".
 */
export const MAX_PART_SIZE = 5 * 1024 ** 3;

/**
 * Most parts of one upload (S3 User Guide, "multipart upload limits"). With {@link MAX_PART_SIZE}, the largest object
 * has 48.8 TiB, which is also the limit that S3 documents.
 */
export const MAX_PARTS = 10_000;

/** Bytes of a part, unless the options say otherwise. */
export const DEFAULT_PART_SIZE = 8 * 1024 ** 2;
