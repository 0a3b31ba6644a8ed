import { systemClock } from "../../src/async/clock.js";
import { FakeClock } from "../../src/testing/index.js";

describe("FakeClock", () => {
  it("stands still until it is advanced", async () => {
    const clock = new FakeClock(1000);
    expect(clock.now()).toBe(1000);
    await clock.advance(250);
    expect(clock.now()).toBe(1250);
  });

  it("calls back in order of time, and of setting where that is the same", async () => {
    const clock = new FakeClock();
    const calls: string[] = [];
    const note = (name: string, delay: number) =>
      clock.setTimeout(() => calls.push(`${name} at ${clock.now()}`), delay);
    note("late", 30);
    note("first", 10);
    note("second", 10);
    note("now", -5);
    await clock.advance(29);
    expect(calls).toEqual(["now at 0", "first at 10", "second at 10"]);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(calls).toHaveLength(4);
  });

  it("runs the timers that are set by what a timer wakes", async () => {
    const clock = new FakeClock();
    const sleep = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
    const woken: number[] = [];
    const sleeper = (async () => {
      for (let i = 0; i < 3; i++) {
        await sleep(100);
        woken.push(clock.now());
      }
    })();
    await clock.advance(1000);
    await sleeper;
    expect(woken).toEqual([100, 200, 300]);
    expect(clock.now()).toBe(1000);
  });

  it("forgets a timer that is taken back", async () => {
    const clock = new FakeClock();
    const callback = jest.fn();
    const timer = clock.setTimeout(callback, 10);
    clock.clearTimeout(timer);
    clock.clearTimeout(timer);
    await clock.advance(20);
    expect(callback).not.toHaveBeenCalled();
  });
});

describe("systemClock", () => {
  it("is the time of this machine", async () => {
    const before = Date.now();
    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
    const never = jest.fn();
    systemClock.clearTimeout(systemClock.setTimeout(never, 0));
    await new Promise<void>((resolve) => systemClock.setTimeout(resolve, 1));
    expect(never).not.toHaveBeenCalled();
  });
});
