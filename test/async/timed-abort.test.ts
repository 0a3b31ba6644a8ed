import { TimedAbort } from "../../src/async/timed-abort.js";
import { FakeClock } from "../../src/testing/fake-clock.js";

describe("TimedAbort", () => {
  const overdue = (limit: number): Error => new Error(`${limit} ms are over`);

  it("fires when time is over, which is counted anew by every start", async () => {
    const clock = new FakeClock();
    const abort = new TimedAbort(undefined, clock, 10, overdue);
    await clock.advance(20);
    abort.start();
    await clock.advance(9);
    abort.start();
    await clock.advance(9);
    expect(abort.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(abort.signal.reason).toEqual(new Error("10 ms are over"));
  });

  it("fires with the other signal, and not after its end", async () => {
    const clock = new FakeClock();
    const [source, other] = [new AbortController(), new AbortController()];
    const abort = new TimedAbort(source.signal, clock, 10, overdue);
    const ended = new TimedAbort(other.signal, clock, 10, overdue);
    ended.start();
    ended.end();
    await clock.advance(20);
    const reason = new Error("enough");
    source.abort(reason);
    other.abort(reason);
    expect(abort.signal.reason).toBe(reason);
    expect(ended.signal.aborted).toBe(false);
  });

  it("has no end without a limit", async () => {
    const clock = new FakeClock();
    const abort = new TimedAbort(undefined, clock, undefined, overdue);
    abort.start();
    await clock.advance(1e9);
    expect(abort.signal.aborted).toBe(false);
  });
});
