import { StorageError, type StorageErrorCode } from "../../errors/error.js";
import { abortable } from "../../async/abort.js";
import type { CallDetails } from "../../store/check.js";
import type { Clock } from "../../async/clock.js";
import type { Strike } from "./fault-plan.js";

/** The call that a fault strikes. */
export interface FaultyCall {
  readonly details: CallDetails;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  readonly seed: number;
}

/**
 * Applies faults that do not change a body: throws, or waits.
 *
 * @param givenUp resolves when nobody wants the rest any more, which also ends a wait
 */
export async function inject(
  strikes: readonly Strike[],
  call: FaultyCall,
  givenUp = new Promise<void>(() => undefined),
): Promise<void> {
  for (const strike of strikes) {
    const { kind, fault } = strike;
    strike.happened();
    if (kind === "delay") await wait(fault.delay, call, givenUp);
    else if (kind === "hang") await wait(undefined, call, givenUp);
    else throw injectedError(codeOf(strike), call);
  }
}

/** Returns the error that a fault throws. */
export function injectedError(code: StorageErrorCode, { seed, details }: FaultyCall): StorageError {
  return new StorageError(code, `A fault was injected (seed ${seed}).`, details);
}

function codeOf({ fault }: Strike): StorageErrorCode {
  const { lostAcknowledgement, error } = fault;
  return (typeof lostAcknowledgement === "string" ? lostAcknowledgement : error) ?? "UNAVAILABLE";
}

// A hang sets no timer, so that it does not keep the process alive.
async function wait(
  ms: number | undefined,
  { clock, signal, details }: FaultyCall,
  givenUp: Promise<void>,
): Promise<void> {
  let timer: unknown;
  const over = new Promise<void>((resolve) => {
    if (ms !== undefined) timer = clock.setTimeout(resolve, ms);
  });
  try {
    await abortable(Promise.race([over, givenUp]), signal, details);
  } finally {
    if (ms !== undefined) clock.clearTimeout(timer);
  }
}
