import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { MemoryStore, StorageManager, TieredStore, type StorageEvent } from "../../src/index.js";
import { longText } from "../support/payloads.js";

const NAME = "coatcheck:event";

async function heardBy<T>(listener: (event: StorageEvent) => void, run: () => Promise<T>): Promise<T> {
  const subscriber = (message: unknown) => listener(message as StorageEvent);
  subscribe(NAME, subscriber);
  try {
    return await run();
  } finally {
    unsubscribe(NAME, subscriber);
  }
}

describe("the diagnostics channel", () => {
  it("gets every event while somebody is subscribed, without an observer", async () => {
    const events: StorageEvent[] = [];
    const manager = new StorageManager({ store: new TieredStore({ remote: new MemoryStore() }) });
    const message = await manager.dehydrate(longText("a"), { scope: "s" });
    await heardBy(
      (event) => events.push(event),
      () => manager.hydrate(message),
    );
    await manager.hydrate(message);
    expect(events.map(({ operation, store, outcome }) => [operation, store, outcome])).toEqual([
      ["cache_hit", "memory", "success"],
      ["read", "memory", "success"],
      ["hydrate", "memory", "success"],
    ]);
    expect(JSON.stringify(events)).not.toContain("outputs/");
  });

  it("gets each event once, and a copy, where there are observers too", async () => {
    const [observed, published] = [[], []] as StorageEvent[][];
    const manager = new StorageManager({ observer: (event) => observed!.push(event) });
    await heardBy(
      (event) => {
        published!.push({ ...event });
        event.operation = "delete";
      },
      () => manager.dehydrate(1, { scope: "s" }),
    );
    expect(published).toHaveLength(1);
    expect(observed).toEqual(published);
  });

  it("costs no event where nobody is subscribed", async () => {
    expect(channel(NAME).hasSubscribers).toBe(false);
    const now = jest.spyOn(performance, "now");
    const manager = new StorageManager({ store: new MemoryStore() });
    await manager.dehydrate({ a: 1 });
    expect(now).not.toHaveBeenCalled();
    await heardBy(jest.fn(), () => manager.dehydrate({ a: 1 }));
    expect(now).toHaveBeenCalled();
    now.mockRestore();
  });
});
