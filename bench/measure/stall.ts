import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";

const RESOLUTION = 1;
// The monitor begins to see when its timer has fired once, and sees a stall at the next time that it fires.
const SETTLE = 10;

/** The longest time, in ms, in which the event loop could do nothing else while `run` went on. */
export async function longestStall(run: () => Promise<unknown>): Promise<number> {
  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION });
  monitor.enable();
  await delay(SETTLE);
  try {
    await run();
    await delay(SETTLE);
  } finally {
    monitor.disable();
  }
  return Math.max(monitor.max / 1e6 - RESOLUTION, 0);
}
