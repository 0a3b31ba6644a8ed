/** The lifecycle rules of the bucket that a store writes to. */
export interface BucketLifecycle {
  /** The rules in the form of the service, which `checkLifecycle` takes. Empty if there are none. */
  readonly rules: readonly unknown[];
  /** The beginning of the store's paths in the bucket: empty, or a text that ends in a slash. */
  readonly prefix: string;
}
