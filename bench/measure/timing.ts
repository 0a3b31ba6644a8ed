import { performance } from "node:perf_hooks";
import { median } from "./statistics.js";

export interface TimingLimits {
  /** ms to go on for. */
  readonly budget: number;
  /** Times to go on for at least, and at most. */
  readonly min: number;
  readonly max: number;
}

type Operation = () => unknown;

// A clock that is read every few microseconds is most of what it measures.
const SMALLEST_BATCH = 0.2;

/**
 * ms that one call takes: the median. What answers a promise is waited for, and what the collection of its garbage takes
 * counts.
 */
export async function timePerCall(operation: Operation, limits: TimingLimits): Promise<number> {
  const [times] = await timeAlternately([operation], limits);
  return median(times!);
}

/**
 * Times several operations one after the other, again and again, so that what disturbs one disturbs all. Garbage is
 * collected when V8 likes: to do it between the calls was tried, and threw away compiled code with the garbage, so that
 * what is JavaScript took ten times as long as in a program.
 *
 * @returns for each operation the ms per call, round by round
 */
export async function timeAlternately(operations: readonly Operation[], limits: TimingLimits): Promise<number[][]> {
  const batches: number[] = [];
  for (const operation of operations) batches.push(await batchSize(operation));
  const times: number[][] = operations.map(() => []);
  const end = performance.now() + limits.budget;
  for (let round = 0; round < limits.max && (round < limits.min || performance.now() < end); round++) {
    for (const [index, operation] of operations.entries()) {
      times[index]!.push((await timeBatch(operation, batches[index]!)) / batches[index]!);
    }
  }
  return times;
}

// What it takes to know is a warm-up, too.
async function batchSize(operation: Operation): Promise<number> {
  let size = 1;
  while ((await timeBatch(operation, size)) < SMALLEST_BATCH) size *= 2;
  return size;
}

async function timeBatch(operation: Operation, size: number): Promise<number> {
  const begin = performance.now();
  for (let count = 0; count < size; count++) {
    const result = operation();
    if (result instanceof Promise) await result;
  }
  return performance.now() - begin;
}

/** Runs an operation until its code is likely to be as fast as it gets, or that many ms have passed. */
export async function warmUp(operation: Operation, { budget, max }: { budget: number; max: number }): Promise<void> {
  const end = performance.now() + budget;
  for (let count = 0; count < max && performance.now() < end; count++) await operation();
}
