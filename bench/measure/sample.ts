import type { BenchStorage } from "../contender.js";
import type { Traffic } from "../s3/control.js";

/** What one process is to measure. */
export interface CompareJob {
  readonly contender: string;
  /** A file with the JSON of the payload. */
  readonly payloadFile: string;
  readonly storage: BenchStorage;
  /** Of the S3 server; only with S3. */
  readonly control?: string;
  /** Whether what comes back is compared with what was handed in. */
  readonly verify: boolean;
  /** ms to measure the time of each operation for. */
  readonly budget: number;
}

/** Of one direction. */
export interface OperationSample {
  readonly ms: number;
  readonly requests: Requests;
  /** Bytes of memory above idle. */
  readonly peakMemory: number;
  readonly stallMs: number;
}

/** For a memory store it is not known which is which: all are `total`. */
export type Requests = Partial<Pick<Traffic, "put" | "get" | "other">> & { readonly total: number };

export interface Sample {
  readonly dehydrate: OperationSample;
  readonly hydrate: OperationSample;
  /** Only of a contender that plans apart. */
  readonly planMs?: number;
  readonly bytesSent: number;
  /** Bytes of the JSON that travels. */
  readonly inlineBytes: number;
  /** Bytes of the JSON of the payload. */
  readonly payloadBytes: number;
}

/** What a child process says at its end. */
export type Outcome = { readonly sample: Sample } | { readonly wrong: string } | { readonly failed: string };
