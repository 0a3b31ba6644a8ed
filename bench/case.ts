/** One payload that every contender is given. */
export interface BenchCase {
  /** Unique: "flat-1MB", "github-webhooks", ... */
  readonly name: string;
  /** What it is, in a few words. */
  readonly description: string;
  /**
   * The shape: many scalar fields in one object; an array of records; nested objects; many values of 2 KiB;
   * few of 1 MiB; records of texts that are not ASCII; a payload found in the wild.
   */
  readonly shape: "flat" | "wide" | "deep" | "many" | "few" | "text" | "real";
  /** About the bytes of its JSON: what the case is named by. */
  readonly size: number;
  /** The same value at each call, made anew. */
  make(): unknown;
}
