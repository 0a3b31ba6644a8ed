// Measures one contender on one payload, once, in a process of its own. Argument: a CompareJob as JSON.
import { statSync } from "node:fs";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import type { Session } from "../contender.js";
import { findContender } from "../contenders/index.js";
import { readPayload } from "../payload/file.js";
import { peakMemory } from "./memory.js";
import { Meter } from "./meter.js";
import type { CompareJob, Outcome, OperationSample } from "./sample.js";
import { longestStall } from "./stall.js";
import { timePerCall, warmUp, type TimingLimits } from "./timing.js";

// From here on, once is enough: what takes that long is not lost in noise, and warming up is nothing to it.
const LONG = 3000;
// A call that took so many ms has made its code warm.
const WARM = 300;
// Every round trip may leave the payload in a memory store.
const MOST_BYTES = 800_000_000;

interface FirstCall<T> {
  readonly result: T;
  readonly ms: number;
  readonly sample: Pick<OperationSample, "requests" | "peakMemory" | "stallMs">;
  readonly bytesSent: number;
}

async function measure(job: CompareJob): Promise<Outcome> {
  const contender = await findContender(job.contender);
  const payload = readPayload(job.payloadFile);
  const session = await contender.open(job.storage);
  const meter = new Meter(session, job.control);
  try {
    await wake(session);
    const left = await firstCall(() => session.dehydrate(payload), meter);
    const message = travel(left.result);
    const back = await firstCall(() => session.hydrate(message), meter);
    if (job.verify && !isDeepStrictEqual(back.result, payload)) return { wrong: difference(back.result) };

    const payloadBytes = statSync(job.payloadFile).size;
    const limits = limitsFor(payloadBytes, job.budget);
    return {
      sample: {
        dehydrate: await timed(() => session.dehydrate(payload), left, limits),
        hydrate: await timed(() => session.hydrate(message), back, limits),
        ...(session.plan && { planMs: await timePerCall(() => session.plan!(payload), limits) }),
        bytesSent: left.bytesSent,
        inlineBytes: inlineBytes(message),
        payloadBytes,
      },
    };
  } finally {
    await session.close();
  }
}

/** Loads what is loaded at first use, and opens a connection. */
async function wake(session: Session): Promise<void> {
  await session.hydrate(travel(await session.dehydrate({ text: "x".repeat(2000) })));
}

/** Everything but the time, which the first call takes longer than all others. */
async function firstCall<T>(run: () => Promise<T>, meter: Meter): Promise<FirstCall<T>> {
  let result: T;
  let stallMs = 0;
  let ms = 0;
  await meter.reset();
  const memory = await peakMemory(async () => {
    stallMs = await longestStall(async () => {
      const begin = performance.now();
      result = await run();
      ms = performance.now() - begin;
    });
  });
  const { requests, bytesSent } = await meter.read();
  return { result: result!, ms, sample: { requests, peakMemory: memory, stallMs }, bytesSent };
}

async function timed(
  operation: () => Promise<unknown>,
  first: FirstCall<unknown>,
  limits: TimingLimits,
): Promise<OperationSample> {
  if (first.ms > LONG) return { ...first.sample, ms: first.ms };
  if (first.ms < WARM) await warmUp(operation, { budget: limits.budget / 2, max: limits.max });
  const ms = await timePerCall(operation, limits);
  return { ...first.sample, ms, stallMs: await longestStall(operation) };
}

function limitsFor(payloadBytes: number, budget: number): TimingLimits {
  const max = Math.floor(MOST_BYTES / 3 / payloadBytes);
  return { budget, min: Math.min(3, Math.max(max, 1)), max: Math.max(max, 1) };
}

/** As a broker hands a message on: nothing of it is the sender's any more. */
function travel(message: unknown): unknown {
  return typeof message === "string" ? message : (JSON.parse(JSON.stringify(message)) as unknown);
}

function inlineBytes(message: unknown): number {
  return Buffer.byteLength(typeof message === "string" ? message : JSON.stringify(message));
}

function difference(result: unknown): string {
  return `gave back ${result === null ? "null" : typeof result} that is not what was handed in`;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `; ${describe(error.cause)}`;
  return `${error.name}: ${error.message}${cause}`;
}

const outcome = await measure(JSON.parse(process.argv[2]!) as CompareJob).catch((error: unknown): Outcome => ({
  failed: describe(error),
}));
process.send!(outcome, () => process.exit());
