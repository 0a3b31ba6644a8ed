import fc from "fast-check";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { wideValueWithBytes } from "../plan/payload-arbitrary.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { objectsOf } from "../support/stored.js";
import { turn } from "../support/turn.js";

/** One that has to be waited for as any other. */
class DerivedStore extends MemoryStore {}

const PAYLOAD = {
  order: { note: longText('é \u2028 "quoted" '), items: Array.from({ length: 40 }, (_, index) => ({ index })) },
};
const OPTIONS = { scope: "runs/42" };

/** What becomes of a payload in a store, as far as it is told. */
async function outcome(store: MemoryStore, payload: unknown, options: object = {}) {
  const manager = new StorageManager({ store, maxInlineSize: 60, maxEnvelopeSize: 1024, ...options });
  try {
    const message: unknown = await manager.dehydrate(payload, OPTIONS);
    const back = await manager.hydrate(JSON.parse(JSON.stringify(message ?? null)));
    return { message, back, objects: await objectsOf(store) };
  } catch (error) {
    return { code: (error as { code: unknown }).code, message: (error as Error).message };
  }
}

describe("a store that answers at once", () => {
  it("comes to the same as one that is waited for", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          wideValueWithBytes,
          fc.string({ maxLength: 300 }).map((text) => ({ text })),
        ),
        fc.record({
          canonical: fc.boolean(),
          maxReferences: fc.constantFrom(0, 1, 100),
          maxBytes: fc.constantFrom(100, 1e6),
        }),
        async (payload, options) => {
          const [own, other] = [
            await outcome(new MemoryStore(), payload, options),
            await outcome(new DerivedStore(), payload, options),
          ];
          expect(own).toEqual(other);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("takes one small value there and back without a signal or a timer", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    await manager.dehydrate(PAYLOAD, OPTIONS);
    const { signal } = new AbortController();
    const signals = jest.spyOn(AbortController.prototype, "signal", "get");
    const timers = jest.spyOn(globalThis, "setTimeout");
    // On a busy machine, others would get their turn, and an abort is looked for after it.
    const now = jest.spyOn(performance, "now").mockReturnValue(performance.now());
    try {
      const message = await manager.dehydrate(PAYLOAD, { scope: "runs/43", signal });
      expect(await manager.hydrate(message, { signal })).toEqual(PAYLOAD);
      expect([signals.mock.calls, timers.mock.calls]).toEqual([[], []]);
    } finally {
      signals.mockRestore();
      timers.mockRestore();
      now.mockRestore();
    }
  });

  it("is asked by its methods where one was replaced", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const message = await manager.dehydrate(PAYLOAD, OPTIONS);
    const read = jest.spyOn(store, "read");
    expect(await manager.hydrate(message)).toEqual(PAYLOAD);
    expect(read).toHaveBeenCalledTimes(1);
    read.mockRestore();
    const write = jest.spyOn(MemoryStore.prototype, "write");
    await manager.dehydrate(PAYLOAD, OPTIONS);
    expect(write).toHaveBeenCalledTimes(1);
    write.mockRestore();
  });

  it.each([
    ["dehydrate", 1],
    ["dehydrate", 2],
    ["hydrate", 1],
  ] as const)("hears a signal that fires while %s looks at the value, for the %d. time", async (method, time) => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const message = await manager.dehydrate(PAYLOAD, OPTIONS);
    const controller = new AbortController();
    let looks = 0;
    const value = {
      get body() {
        if (++looks === time) controller.abort();
        return method === "hydrate" ? message : PAYLOAD;
      },
    };
    expect(await failureOf(manager[method](value, { signal: controller.signal }))).toMatchObject({ code: "ABORTED" });
  });

  it("gives nothing that is not what was stored", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const message = await manager.dehydrate(PAYLOAD, OPTIONS);
    const path = [...(await objectsOf(store)).keys()][0]!;
    const bytes = Buffer.from(await (await store.read(path)).bytes());
    for (const wrong of [Buffer.concat([bytes, bytes]), bytes.subarray(1), Buffer.from(bytes).fill("x", 40, 41)]) {
      await store.write(path, wrong);
      expect(await failureOf(manager.hydrate(message))).toMatchObject({ code: "INTEGRITY", path });
    }
    await store.delete(path);
    expect(await failureOf(manager.hydrate(message))).toMatchObject({ code: "NOT_FOUND", path });
  });

  it("gives each call a value of its own", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const payload = { ...PAYLOAD };
    const message = await manager.dehydrate(payload, OPTIONS);
    payload.order = { note: "changed", items: [] };
    const first = await manager.hydrate<typeof PAYLOAD>(message);
    first.order.items.length = 0;
    expect(await manager.hydrate(message)).toEqual(PAYLOAD);
    await turn();
  });
});
