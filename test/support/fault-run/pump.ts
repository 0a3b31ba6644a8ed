import type { FakeClock } from "../../../src/testing/index.js";
import { turn } from "../turn.js";
import { Violation } from "./possible-states.js";

// A call over memory that waits for no clock ends within a few turns of the event loop: this is ample.
const MOST_TURNS = 400;
// Milliseconds of fake time in which a call must have ended, before its caller gives up.
const PATIENCE = 60_000;

/** One call that goes on, and how its caller gives up. */
export interface Running {
  readonly name: string;
  readonly settled: Promise<unknown>;
  giveUp(): void;
}

/**
 * Lets time pass until all calls have settled. A call that has not after a minute of fake time is given up, as a user
 * with a deadline does, and must settle then.
 */
export async function pump(clock: FakeClock, running: readonly Running[]): Promise<void> {
  const open = new Set(running);
  for (const call of running) {
    const close = (): void => void open.delete(call);
    call.settled.then(close, close);
  }
  await passTime(clock, () => open.size === 0);
  for (const call of open) call.giveUp();
  if (!(await passTime(clock, () => open.size === 0))) {
    const names = [...open].map(({ name }) => name).join(", ");
    throw new Violation(`hangs, although its signal has fired: ${names}`);
  }
}

/** Lets up to a minute of fake time pass until `done`; whether it came to that. */
export async function passTime(clock: FakeClock, done: () => boolean): Promise<boolean> {
  if (done()) return true;
  let step = 1;
  for (let passed = 0; passed < PATIENCE; passed += step, step *= 2) {
    for (let turns = 0; turns < 8; turns++) {
      await turn();
      if (done()) return true;
    }
    await clock.advance(step);
  }
  for (let turns = 0; turns < MOST_TURNS && !done(); turns++) await turn();
  return done();
}
