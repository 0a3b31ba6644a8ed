import type { OperationSample, Requests, Sample } from "./sample.js";
import { median, spread, type Spread } from "./statistics.js";

export interface RowKey {
  readonly case: string;
  readonly storage: string;
  readonly contender: string;
}

/** What a contender can't do, did wrong, or failed at, in a few words. */
export type Problem = { readonly cannot: string } | { readonly wrong: string } | { readonly failed: string };

/** One contender on one payload and storage: the medians of all rounds, times with their spread. */
export type CompareRow = RowKey & (Problem | Measured);

export interface Measured {
  readonly payloadBytes: number;
  readonly inlineBytes: number;
  readonly bytesSent: number;
  readonly dehydrate: MeasuredOperation;
  readonly hydrate: MeasuredOperation;
  readonly planMs?: Spread;
}

export interface MeasuredOperation {
  readonly ms: Spread;
  /** Times the time of `JSON.stringify`, or `JSON.parse`, on the same payload in the same rounds. */
  readonly ratio?: number;
  readonly requests: Requests;
  readonly peakMemory: number;
  readonly stallMs: number;
}

export function isMeasured(row: CompareRow): row is RowKey & Measured {
  return "dehydrate" in row;
}

/** One row of the many processes of one contender. */
export function rowOf(
  key: RowKey,
  { samples, problem }: { samples: readonly Sample[]; problem?: Problem },
  floor: readonly Sample[],
): CompareRow {
  if (problem !== undefined) return { ...key, ...problem };
  const plans = samples.flatMap(({ planMs }) => planMs ?? []);
  return {
    ...key,
    payloadBytes: samples[0]!.payloadBytes,
    inlineBytes: median(samples.map((sample) => sample.inlineBytes)),
    bytesSent: median(samples.map((sample) => sample.bytesSent)),
    dehydrate: operation(samples, floor, (sample) => sample.dehydrate),
    hydrate: operation(samples, floor, (sample) => sample.hydrate),
    ...(plans.length > 0 && { planMs: spread(plans) }),
  };
}

function operation(
  samples: readonly Sample[],
  floor: readonly Sample[],
  of: (sample: Sample) => OperationSample,
): MeasuredOperation {
  const ms = spread(samples.map((sample) => of(sample).ms));
  const floorMs = floor.map((sample) => of(sample).ms);
  return {
    ms,
    ...(floorMs.length > 0 && { ratio: ms.median / median(floorMs) }),
    requests: of(samples[0]!).requests,
    peakMemory: median(samples.map((sample) => of(sample).peakMemory)),
    stallMs: median(samples.map((sample) => of(sample).stallMs)),
  };
}
