/** The lifecycle rules of the bucket that a store writes to. */
export interface BucketLifecycle {
  /** As the service gives them: what `checkLifecycle` takes. None: an empty list. */
  readonly rules: readonly unknown[];
  /** What the paths of the store begin with in the bucket: empty, or ending in a slash. */
  readonly prefix: string;
}
