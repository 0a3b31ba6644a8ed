/** "About Cloud Storage buckets", naming. */
export const BUCKET_NAME = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;

/** What is wrong with a name that is none, and what to write. */
export const BUCKET_PROBLEM = "must be the name of a bucket, without gs:// and path";
