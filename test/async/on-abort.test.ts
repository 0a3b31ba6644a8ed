import { getEventListeners } from "node:events";
import fc from "fast-check";
import { onAbort } from "../../src/async/on-abort.js";

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

describe("onAbort", () => {
  it("calls each that listens once, in their order, and puts one listener on the signal", () => {
    const { signal, abort } = controller();
    const heard: number[] = [];
    for (let index = 0; index < 50; index++) onAbort(signal, () => heard.push(index));
    expect(listeners(signal)).toBe(1);
    abort();
    expect(heard).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(listeners(signal)).toBe(0);
  });

  it("leaves nothing on the signal when all have stopped, and listens again for the next", () => {
    const { signal, abort } = controller();
    const stops = Array.from({ length: 20 }, () => onAbort(signal, () => undefined));
    for (const stop of [...stops, ...stops]) stop();
    expect(listeners(signal)).toBe(0);
    let heard = 0;
    onAbort(signal, () => heard++);
    expect(listeners(signal)).toBe(1);
    abort();
    expect(heard).toBe(1);
  });

  it("does not call for a signal that has fired, nor without one", () => {
    const fail = () => {
      throw new Error("called");
    };
    expect(() => onAbort(AbortSignal.abort(), fail)()).not.toThrow();
    expect(() => onAbort(undefined, fail)()).not.toThrow();
  });

  it("does not call one that another has stopped", () => {
    const { signal, abort } = controller();
    const heard: string[] = [];
    onAbort(signal, () => {
      heard.push("first");
      stop();
    });
    const stop = onAbort(signal, () => heard.push("second"));
    onAbort(signal, () => heard.push("third"));
    abort();
    expect(heard).toEqual(["first", "third"]);
  });

  it("keeps the listeners of two signals apart, and each call from all others", () => {
    const step = fc.record({
      signal: fc.nat(2),
      listener: fc.nat(4),
      stops: fc.option(fc.nat(20), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(2), (steps, fired) => {
        const controllers = [controller(), controller(), controller()];
        const heard: number[] = [];
        const functions = [0, 1, 2, 3, 4].map((listener) => () => void heard.push(listener));
        const calls: { signal: number; listener: number; stop: () => void; stopped: boolean }[] = [];
        for (const { signal, listener, stops } of steps) {
          const stop = onAbort(controllers[signal]!.signal, functions[listener]!);
          calls.push({ signal, listener, stop, stopped: false });
          const ended = stops === undefined ? undefined : calls[stops];
          ended?.stop();
          if (ended !== undefined) ended.stopped = true;
        }
        const waiting = (index: number) => calls.filter(({ signal, stopped }) => signal === index && !stopped);
        for (const [index, { signal }] of controllers.entries()) {
          expect(listeners(signal)).toBe(waiting(index).length > 0 ? 1 : 0);
        }
        controllers[fired]!.abort();
        expect(heard).toEqual(waiting(fired).map(({ listener }) => listener));
      }),
    );
  });
});

function controller(): { signal: AbortSignal; abort: () => void } {
  const abortController = new AbortController();
  return { signal: abortController.signal, abort: () => abortController.abort() };
}
