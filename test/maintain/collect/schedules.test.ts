import fc from "fast-check";
import type { Clock } from "../../../src/async/clock.js";
import { isStorageError } from "../../../src/errors/error.js";
import { StorageManager } from "../../../src/manager/storage-manager.js";
import { MemoryStore } from "../../../src/store/drivers/memory-store.js";
import type { ObjectInfo, StoreBody, WriteOptions } from "../../../src/store/store.js";
import { longText } from "../../support/payloads.js";
import { objectsOf } from "../../support/stored.js";
import { TappedStore } from "../../support/tapped-store.js";

// All that writers, readers, releases and collectors do to a store, in any order that a scheduler finds, with clocks that
// differ by up to the margin. 10,000 schedules: RUNS=10000 npx jest test/maintain/collect/schedules
const RUNS = Number(process.env.RUNS ?? 100);

const MINUTE = 60_000;
const TIMEOUT = 10 * MINUTE;
const MARGIN = 30 * MINUTE;
const TTL = 90 * MINUTE;
// So that a label may be over as soon as a time to live is.
const START = Date.parse("2026-11-28T14:30:00Z");

/** Equal bytes have equal etags, as in S3: an etag does not tell two writes apart. */
class DigestedStore extends MemoryStore {
  override async write(path: string, body: StoreBody, options?: WriteOptions): Promise<ObjectInfo> {
    return { ...(await super.write(path, body, options)), etag: path.slice(-70) };
  }
}

/** A clock that a step sets, at once. */
class SetClock implements Clock {
  time = START;

  now(): number {
    return this.time;
  }

  setTimeout(): never {
    throw new Error("nothing here waits for this clock");
  }

  clearTimeout(): void {
    // Nothing waits.
  }

  /** The same, some milliseconds off. */
  off(offset: number): Clock {
    return { now: () => this.time + offset, setTimeout: () => this.setTimeout(), clearTimeout: () => undefined };
  }
}

interface Written {
  readonly scope: string;
  readonly value: unknown;
  readonly text: string;
  /** Until when it must be good. */
  readonly until: number;
}

const scope = fc.constantFrom("a", "b", "a/x");
const write = fc.record({ do: fc.constant("write" as const), scope, text: fc.integer({ min: 0, max: 2 }) });
const read = fc.record({ do: fc.constant("read" as const) });
const release = fc.record({ do: fc.constant("release" as const), scope });
const collect = fc.record({ do: fc.constant("collect" as const), offset: fc.constantFrom(0, MARGIN) });
const wait = fc.record({ do: fc.constant("wait" as const), minutes: fc.constantFrom(5, 10, 20, 30, 60) });
type Step =
  typeof write | typeof read | typeof release | typeof collect | typeof wait extends fc.Arbitrary<infer One>
    ? One
    : never;

/** What each process does, one step after the other; time goes on beside them. */
const processes = fc.tuple(
  fc.array<Step>(write, { minLength: 1, maxLength: 3 }),
  fc.array<Step>(write, { maxLength: 3 }),
  fc.array<Step>(collect, { minLength: 1, maxLength: 4 }),
  fc.array<Step>(collect, { maxLength: 2 }),
  fc.array<Step>(fc.oneof({ weight: 4, arbitrary: read }, { weight: 1, arbitrary: release }), { maxLength: 3 }),
  fc.array<Step>(wait, { minLength: 1, maxLength: 6 }),
);

it("no reference that was neither released nor is over ever fails, and what is dead is gone after the next passes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), processes, async (scheduler, all) => {
      const memory = new DigestedStore();
      const clock = new SetClock();
      const store = new TappedStore(async (_, proceed) => {
        await scheduler.schedule(Promise.resolve());
        return proceed();
      }, memory);
      const managed = (offset: number, over = store) =>
        new StorageManager({
          ...{ store: over, pack: false, timeout: TIMEOUT },
          retention: { ttl: TTL, margin: MARGIN, gcInterval: 0, maxDelete: 2, clock: clock.off(offset) },
        });
      const writer = managed(0);
      const written: Written[] = [];
      const released = new Set<string>();
      const wasReleased = ({ scope: own }: Written) => [...released].some((other) => `${own}/`.startsWith(`${other}/`));
      const failures: unknown[] = [];

      async function write(own: string, text: string): Promise<void> {
        const begun = clock.now();
        try {
          const value = await writer.dehydrate(longText(text), { scope: own });
          // What a call gives that took its full time is good for the rest.
          written.push({ scope: own, value, text, until: Math.max(begun + TTL, clock.now() + TTL - TIMEOUT) });
        } catch (error) {
          // A call that took too long gives no reference.
          if (!isStorageError(error, "TIMEOUT")) throw error;
        }
      }

      async function read(one: Written): Promise<void> {
        const reader = new StorageManager({ store });
        try {
          expect(await reader.hydrate(one.value)).toBe(longText(one.text));
        } catch (error) {
          // Judged by the time of the answer: it may have been released, or ended, while it was read.
          if (clock.now() < one.until && !wasReleased(one)) failures.push(error);
        }
      }

      async function run(one: Step): Promise<void> {
        switch (one.do) {
          case "write":
            return write(one.scope, `${one.text}`);
          case "collect":
            await managed(one.offset).collect();
            return;
          case "read":
            await Promise.all(written.map(read));
            return;
          case "release":
            released.add(one.scope);
            await writer.release(one.scope);
            return;
          case "wait":
            clock.time += one.minutes * MINUTE;
        }
      }

      const ends = all.map(async (steps) => {
        for (const one of steps) {
          await scheduler.schedule(Promise.resolve());
          await run(one);
        }
      });
      await scheduler.waitFor(Promise.all(ends));
      expect(failures).toEqual([]);

      // All that was written and not released is still there, if its time is not over.
      const plain = new StorageManager({ store: memory });
      for (const one of written) {
        if (clock.now() < one.until && !wasReleased(one))
          expect(await plain.hydrate(one.value)).toBe(longText(one.text));
      }
      clock.time += 4 * TTL;
      const objects = (await objectsOf(memory)).size;
      const collector = managed(0, new TappedStore((_, proceed) => proceed(), memory));
      for (let pass = 0; pass <= objects / 2; pass++) await collector.collect();
      const left = [...(await objectsOf(memory)).keys()].filter((path) => !path.endsWith("/collector"));
      expect(left).toEqual([]);
    }),
    { numRuns: RUNS },
  );
}, 600_000);
