import fc from "fast-check";
import { MemoryStore, StorageManager, type Store } from "../../../src/index.js";
import { MessageOffloader, rules, type Retention } from "../../../src/adapters/messages.js";
import { FaultStore } from "../../../src/testing/index.js";
import { bigJson, message, pathsIn } from "./messages.js";

// Schedules of deliveries over the real code: consumers read, acknowledge and settle in any order and at once, crash before
// and after every request, and get the message again. MESSAGE_SCHEDULES says how many.
const SCHEDULES = Number(process.env["MESSAGE_SCHEDULES"] ?? 100);
const NAMES = ["billing", "search", "audit"] as const;
const body = bigJson(6000);

// `crash`: before or after which request of its settling a consumer dies; beyond the last it lives.
const deliveries = fc.array(
  fc.record({ consumer: fc.integer({ min: 0, max: 2 }), crash: fc.integer({ min: 0, max: 12 }) }),
  { maxLength: 8 },
);

function offloader(store: Store, retention: Retention, consumer?: string): MessageOffloader {
  const manager = new StorageManager({ store, maxInlineSize: 200 });
  return new MessageOffloader({ manager, channel: "orders", rules: rules.sqs, limit: 4096, retention, consumer });
}

/** A consumer that dies at a request: before it, or after it was done and before the answer came. */
function dying(store: Store, requests: number): Store {
  const after = requests % 2 === 1;
  const call = Math.floor(requests / 2);
  return new FaultStore(store, {
    seed: 1,
    faults: Array.from({ length: 40 }, (_, later) => ({
      calls: [call + 1 + later],
      when: later === 0 && after ? ("after" as const) : ("before" as const),
      fault: { error: "UNEXPECTED" as const },
    })),
  });
}

const payloads = async (store: Store) => (await pathsIn(store)).filter((path) => !path.includes("/.done/"));

describe("what a message leads to", () => {
  it("is there until the last of its consumers has acknowledged, and gone then", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        deliveries,
        fc.integer({ min: 1, max: 3 }),
        async (scheduler, schedule, count) => {
          const consumers = NAMES.slice(0, count);
          const retention = { consumers };
          const store = new MemoryStore();
          const packed = await offloader(store, retention).pack(message(body));
          const acknowledged = new Set<string>();
          // Each consumer works through its deliveries in their order; all of them at once.
          const work = consumers.map(async (consumer, index) => {
            for (const { crash } of schedule.filter((each) => each.consumer === index)) {
              await scheduler.schedule(Promise.resolve(), `${consumer} reads`);
              if (!acknowledged.has(consumer)) {
                expect((await offloader(store, retention, consumer).unpack(packed)).body).toBe(body);
              }
              await scheduler.schedule(Promise.resolve(), `${consumer} acknowledges`);
              acknowledged.add(consumer);
              const settling = offloader(dying(store, crash), retention, consumer).settle(packed);
              await scheduler.schedule(
                settling.catch(() => undefined),
                `${consumer} settles`,
              );
            }
          });
          await scheduler.waitFor(Promise.all(work));
          if (acknowledged.size < count) {
            expect((await offloader(store, retention).unpack(packed)).body).toBe(body);
          }
          // Every message is delivered again until its consumer lives long enough.
          for (const consumer of consumers) await offloader(store, retention, consumer).settle(packed);
          expect(await payloads(store)).toEqual([]);
        },
      ),
      { numRuns: SCHEDULES },
    );
  });

  it("of one consumer is gone once it has acknowledged, whatever crashed before", async () => {
    const crashes = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(crashes, async (schedule) => {
        const store = new MemoryStore();
        const [packed, other] = [
          await offloader(store, "settle").pack(message(body)),
          await offloader(store, "settle").pack(message(body)),
        ];
        for (const crash of schedule) {
          await offloader(dying(store, crash), "settle")
            .settle(packed)
            .catch(() => undefined);
        }
        await offloader(store, "settle").settle(packed);
        expect((await offloader(store, "settle").unpack(other)).body).toBe(body);
        await offloader(store, "settle").settle(other);
        expect(await payloads(store)).toEqual([]);
      }),
      { numRuns: SCHEDULES },
    );
  });

  it("is not deleted for a consumer that nobody waits for, nor for one that does not say its name", async () => {
    const retention = { consumers: ["billing"] };
    const store = new MemoryStore();
    const packed = await offloader(store, retention).pack(message(body));
    expect(await offloader(store, retention, "new").settle(packed)).toEqual({ deleted: 0 });
    await expect(offloader(store, retention).settle(packed)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(await offloader(store, "settle", "billing").settle(packed)).toEqual({ deleted: 1 });
  });
});
