import { getEventListeners } from "node:events";
import fc from "fast-check";
import { Semaphore, type Release } from "../../../src/store/layers/semaphore.js";
import { failureOf } from "../../support/failure.js";
import { turn } from "../../support/turn.js";

describe("Semaphore", () => {
  it("gives its slots out in the order in which they are asked for", async () => {
    const semaphore = new Semaphore(1);
    const order: number[] = [];
    const first = await semaphore.acquire();
    const others = [1, 2, 3].map(async (n) => {
      const release = await semaphore.acquire();
      order.push(n);
      release();
    });
    expect(semaphore.waiting).toBe(3);
    first();
    await Promise.all(others);
    expect(order).toEqual([1, 2, 3]);
  });

  it("lets nobody go on who came after one that waited", async () => {
    const semaphore = new Semaphore(2);
    const held = [await semaphore.acquire(), await semaphore.acquire()];
    const order: string[] = [];
    const waited = semaphore.acquire().then(() => order.push("waited"));
    for (const release of held) release();
    await Promise.all([waited, semaphore.acquire().then(() => order.push("came later"))]);
    expect(order).toEqual(["waited", "came later"]);
  });

  it("lets one who waits leave at once, and keeps the order of the others", async () => {
    const semaphore = new Semaphore(1);
    const first = await semaphore.acquire();
    const controller = new AbortController();
    const leaver = failureOf(semaphore.acquire(controller.signal, { operation: "read", path: "a" }));
    const stayer = semaphore.acquire();
    controller.abort("given up");
    expect(await leaver).toMatchObject({ code: "ABORTED", cause: "given up", operation: "read", path: "a" });
    expect(semaphore.waiting).toBe(1);
    first();
    (await stayer)();
    (await semaphore.acquire())();
  });

  it("gives nothing under a signal that has fired, and leaves nothing on one", async () => {
    const semaphore = new Semaphore(1);
    expect((await failureOf(semaphore.acquire(AbortSignal.abort()))).code).toBe("ABORTED");
    const first = await semaphore.acquire();
    const { signal } = new AbortController();
    const second = semaphore.acquire(signal);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    first();
    await second;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("takes a slot back once", async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire();
    release();
    release();
    await semaphore.acquire();
    void semaphore.acquire();
    expect(semaphore.waiting).toBe(1);
  });

  it("never gives more slots than it has, nor loses one, whatever happens when", async () => {
    const step = fc.record({ verb: fc.constantFrom("acquire", "release", "abort", "turn"), which: fc.nat(20) });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), async (slots, steps) => {
        const semaphore = new Semaphore(slots);
        const held = new Set<Release>();
        const asked: AbortController[] = [];
        const granted: number[] = [];
        for (const { verb, which } of steps) {
          if (verb === "acquire") {
            const controller = new AbortController();
            const number = asked.push(controller);
            semaphore.acquire(controller.signal).then(
              (release) => {
                held.add(release);
                granted.push(number);
              },
              () => undefined,
            );
          } else if (verb === "release") {
            const release = [...held][which % (held.size || 1)];
            release?.();
            if (release !== undefined) held.delete(release);
          } else if (verb === "abort") asked[which % (asked.length || 1)]?.abort();
          else await turn();
          expect(held.size).toBeLessThanOrEqual(slots);
        }
        await turn();
        expect(granted).toEqual([...granted].sort((a, b) => a - b));
        for (const controller of asked) controller.abort();
        await turn();
        expect(semaphore.waiting).toBe(0);
        for (const release of held) release();
        // All slots are back: as many as there are can be taken without waiting, and no more.
        for (let slot = 0; slot < slots; slot++) await semaphore.acquire();
        void semaphore.acquire();
        expect(semaphore.waiting).toBe(1);
      }),
      { numRuns: 200 },
    );
  });
});
