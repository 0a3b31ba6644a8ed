import { setImmediate as immediate } from "node:timers/promises";

/** Lets everything go on that waits for nothing but the microtask queue. */
export async function turn(): Promise<void> {
  await immediate();
}
