import { StorageManager } from "../../src/manager/storage-manager.js";
import { Turns } from "../../src/async/turns.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { putJsonPack } from "../support/packed.js";
import { turn } from "../support/turn.js";

describe("Turns", () => {
  it("is due after 10 ms of work, and again 10 ms after others had their turn", async () => {
    let time = 100;
    const turns = new Turns(() => time);
    expect(turns.due).toBe(false);
    time += 9.9;
    expect(turns.due).toBe(false);
    time += 0.1;
    expect(turns.due).toBe(true);
    await turns.take();
    expect(turns.due).toBe(false);
    time += 10;
    expect(turns.due).toBe(true);
  });

  it("is one for all who share it: nobody works on while one of them waits", async () => {
    let time = 0;
    let resume: () => void = () => undefined;
    let pauses = 0;
    const turns = new Turns(
      () => time,
      () => {
        pauses++;
        return new Promise<void>((resolve) => (resume = resolve));
      },
    );
    time = 10;
    const first = turns.take();
    time = 0;
    expect(turns.due).toBe(true);
    const second = turns.take();
    resume();
    await Promise.all([first, second]);
    expect(pauses).toBe(1);
    expect(turns.due).toBe(false);
  });

  it("lets timers and I/O have their turn", async () => {
    let others = false;
    let time = 0;
    const turns = new Turns(() => (time += 10));
    setImmediate(() => (others = true));
    await turns.take();
    expect(others).toBe(true);
  });
});

describe("work in steps that is taken to its end", () => {
  /** So many steps of 4 ms. */
  function work(count: number, clock: { time: number }, onStep: (step: number) => void = () => undefined) {
    function* steps(): Generator<undefined, string, undefined> {
      for (let step = 1; step <= count; step++) {
        clock.time += 4;
        onStep(step);
        yield undefined;
      }
      return "all done";
    }
    return steps();
  }

  it("gives what comes of it, and others their turn each time that 10 ms have passed", async () => {
    const clock = { time: 0 };
    const turnsAt: number[] = [];
    const turns = new Turns(
      () => clock.time,
      () => Promise.resolve(turnsAt.push(clock.time)),
    );
    expect(await turns.complete(work(10, clock), undefined)).toBe("all done");
    expect(turnsAt).toEqual([12, 24, 36]);
  });

  it("really lets others run meanwhile", async () => {
    const clock = { time: 0 };
    const seen: number[] = [];
    let step = 0;
    const timer = setInterval(() => undefined, 1);
    setImmediate(() => seen.push(step));
    await new Turns(() => clock.time).complete(
      work(10, clock, (now) => (step = now)),
      undefined,
    );
    clearInterval(timer);
    expect(seen).toEqual([3]);
  });

  it("ends as soon as the signal fires between two steps, and says which call it was", async () => {
    const clock = { time: 0 };
    const controller = new AbortController();
    let last = 0;
    const steps = work(10, clock, (step) => {
      last = step;
      if (step === 4) setImmediate(() => controller.abort("enough"));
    });
    const error = await failureOf(
      new Turns(() => clock.time).complete(steps, controller.signal, { operation: "read", path: "a/b" }),
    );
    expect(error).toMatchObject({ code: "ABORTED", cause: "enough", operation: "read", path: "a/b" });
    expect(last).toBe(6);
  });
});

describe("a hydration that takes long", () => {
  /** A clock that shows 4 ms more each time it is read. */
  function slowClock(): jest.SpyInstance {
    let time = 0;
    return jest.spyOn(performance, "now").mockImplementation(() => (time += 4));
  }

  afterEach(() => jest.restoreAllMocks());

  it("lets others have their turn between entries", async () => {
    const store = new MemoryStore();
    const values = Array.from({ length: 30 }, (_, i) => `value ${i}`);
    const references = await putJsonPack(store, values);
    slowClock();
    let count = 0;
    let over = false;
    const call = new StorageManager({ store }).hydrate(references).finally(() => (over = true));
    while (!over) {
      await turn();
      count++;
    }
    await expect(call).resolves.toEqual(values);
    expect(count).toBeGreaterThanOrEqual(10); // three readings of the clock each
    jest.restoreAllMocks();
  });

  it("is aborted then", async () => {
    const store = new MemoryStore();
    const references = await putJsonPack(
      store,
      Array.from({ length: 30 }, (_, i) => `value ${i}`),
    );
    slowClock();
    const controller = new AbortController();
    let resolved = 0;
    const call = failureOf(
      new StorageManager({ store }).hydrate(references, {
        signal: controller.signal,
        onProgress: (progress) => (resolved = progress.resolved),
      }),
    );
    while (resolved === 0) await turn();
    controller.abort("enough");
    expect(await call).toMatchObject({ code: "ABORTED", cause: "enough" });
    expect(resolved).toBeLessThan(30);
  });
});
