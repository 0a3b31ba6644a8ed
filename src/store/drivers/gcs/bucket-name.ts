/** The form of a bucket name ("About Cloud Storage buckets", naming). */
export const BUCKET_NAME = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;

/** The problem of an invalid bucket name, and the way to solve it. */
export const BUCKET_PROBLEM = "must be the name of a bucket, without gs:// and path";
