import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { StorageEvent } from "../../src/observe/event.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { HeldStore } from "../support/held-store.js";
import { longText } from "../support/payloads.js";
import { objectsOf } from "../support/stored.js";

const HOUR = 3_600_000;
const START = Date.parse("2026-11-28T14:20:00Z");

function setup(store = new MemoryStore()) {
  const clock = new FakeClock(START);
  let tell: (event: StorageEvent) => void;
  let passes = 0;
  const observer = (event: StorageEvent) => {
    if (event.operation !== "collect") return;
    passes++;
    tell(event);
  };
  const collected = () => new Promise<StorageEvent>((resolve) => (tell = resolve));
  const manager = new StorageManager({ store, observer, retention: { clock, auto: true } });
  return { store, clock, manager, collected, passes: () => passes };
}

describe("retention.auto", () => {
  it("collects after a dehydrate when the interval is over, tenants' payloads too", async () => {
    const { store, clock, manager, collected, passes } = setup();
    let pass = collected();
    await manager.forTenant("t").dehydrate(longText("a"), { scope: "s", ttl: 3 * HOUR });
    expect(await pass).toMatchObject({ outcome: "success", objects: 0 });
    await clock.advance(5 * HOUR);
    pass = collected();
    await manager.dehydrate("small");
    expect(await pass).toMatchObject({ outcome: "success", objects: 1 });
    expect([...(await objectsOf(store)).keys()]).toEqual(["outputs/.coatcheck/collector"]);
    await clock.advance(119_999);
    await manager.dehydrateInputs("small");
    await manager.close(); // which would end a pass, and tell of it
    expect(passes()).toBe(2);
  });

  it("goes on at once when the clock is set back by a day", async () => {
    const { clock, manager, collected } = setup();
    let pass = collected();
    await manager.dehydrate("small");
    await pass;
    jest.spyOn(clock, "now").mockReturnValue(START - 24 * HOUR);
    pass = collected();
    await manager.dehydrate("small");
    expect(await pass).toMatchObject({ outcome: "success" });
    await manager.close();
  });

  it("neither delays nor fails the call, and close ends the pass that is under way", async () => {
    const held = new HeldStore(["read"]);
    const { manager, collected } = setup(held as unknown as MemoryStore);
    const pass = collected();
    await manager.dehydrate("small");
    await manager.close();
    expect(await pass).toMatchObject({ outcome: "error", code: "ABORTED" });
  });

  it("is told to observers alone when it fails", async () => {
    const store = new MemoryStore();
    jest.spyOn(store, "read").mockRejectedValue(new Error("broken"));
    const { manager, collected } = setup(store);
    const pass = collected();
    await manager.dehydrate("small");
    expect(await pass).toMatchObject({ outcome: "error", code: "UNEXPECTED" });
  });

  it("runs one pass at a time, and none once it was closed", async () => {
    const held = new HeldStore(["read"]);
    const { manager } = setup(held as unknown as MemoryStore);
    await manager.dehydrate("small");
    await manager.dehydrate("small");
    await held.until(1);
    await manager.close();
    await manager.dehydrate("small");
    expect(held.held).toHaveLength(1);
  });
});
