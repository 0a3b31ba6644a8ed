import type { BenchCase } from "./case.js";

/** Where a contender keeps what leaves the payload. Each contender makes its own memory store, of its own interface. */
export interface BenchStorage {
  readonly kind: "memory" | "s3";
  /** The server (behind the delaying proxy) and a bucket that is there; only with `kind: "s3"`. */
  readonly s3?: S3Target;
}

export interface S3Target {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** One of the things compared: a library, or a way to do it by hand. */
export interface Contender {
  /** As the tables name it: "coatcheck", "middy-store", ... */
  readonly name: string;
  /** Of the package that is measured, as installed. */
  readonly version: string;
  /** Why it can't do a case, in a few words; undefined when it can. Shown in the tables. */
  cannot(bench: BenchCase, storage: BenchStorage): string | undefined;
  /** Makes clients and stores, so that none of that is timed. */
  open(storage: BenchStorage): Promise<Session>;
}

/** A contender that is ready to be timed. Calls are made one after the other. */
export interface Session {
  /** Answers what would travel: any JSON value, or a string. */
  dehydrate(payload: unknown): Promise<unknown>;
  /** Takes what `dehydrate` answered, after a JSON round trip of it, and answers the payload. */
  hydrate(message: unknown): Promise<unknown>;
  /** The decision alone, where the contender has it apart from the writing. */
  plan?(payload: unknown): unknown;
  /** Since `open`, as the contender's own memory store counted them. For S3 the harness counts at the proxy. */
  counters?(): Counters;
  close(): Promise<void>;
}

export interface Counters {
  readonly requests: number;
  /** Bytes of the bodies written. */
  readonly bytesSent: number;
}
