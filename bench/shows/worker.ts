import type { S3Target } from "../contender.js";

/** What a worker of the shows is to do, in a process of its own. */
export type ShowJob =
  | { readonly worker: "ratios"; readonly payloadFile: string; readonly budget: number }
  | { readonly worker: "small"; readonly payloadFiles: readonly string[]; readonly budget: number }
  | {
      readonly worker: "many";
      readonly payloadFile: string;
      readonly s3: S3Target;
      readonly control: string;
      readonly rounds: number;
    }
  | {
      readonly worker: "few";
      readonly payloadFile: string;
      readonly s3: S3Target;
      readonly concurrency: number;
      readonly rounds: number;
    }
  | { readonly worker: "streamIn"; readonly bytes: number; readonly s3: S3Target }
  | { readonly worker: "streamOut"; readonly message: unknown; readonly digest: string; readonly s3: S3Target }
  | { readonly worker: "stall"; readonly payloadFile: string; readonly rounds: number };

/** Median ms of each operation on one payload, taken alternately in one process. */
export interface Ratios {
  readonly stringifyMs: number;
  readonly planMs: number;
  readonly dehydrateMs: number;
  readonly parseMs: number;
  readonly hydrateMs: number;
}

/** Median ms per call for a payload under the threshold; a call that answers a promise is awaited. */
export interface Small {
  readonly bytes: number;
  readonly stringifyMs: number;
  readonly planMs: number;
  readonly dehydrateMs: number;
}

/** Median ms, and the most requests of all rounds. */
export interface Many {
  readonly dehydrateMs: number;
  readonly hydrateMs: number;
  readonly puts: number;
  readonly gets: number;
  readonly others: number;
}

/** Median ms, ours and of a bare loop over the SDK's calls with the same bodies. */
export interface Few {
  readonly dehydrateMs: number;
  readonly putLoopMs: number;
  readonly hydrateMs: number;
  readonly getLoopMs: number;
}

/** Bytes of memory above idle, and ms. */
export interface StreamOut {
  readonly memory: number;
  readonly ms: number;
}

export interface StreamIn extends StreamOut {
  readonly message: unknown;
  /** SHA-256 of what the source gave, hexadecimal. */
  readonly digest: string;
}

/** Median of the longest stalls, ms. */
export interface Stalls {
  readonly stringifyMs: number;
  readonly dehydrateMs: number;
  readonly hydrateMs: number;
}
