import { StorageManager, TieredStore, withCircuitBreaker, withRetry, type StorageEvent } from "../../src/index.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { StorageError } from "../../src/errors/error.js";
import { FakeClock } from "../../src/testing/index.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { TappedStore, type TappedOperation } from "../support/tapped-store.js";

// A manager hands its observer to the stores it was given that have none. The store may be that of others too.

function listener() {
  const events: StorageEvent[] = [];
  return {
    observer: (event: StorageEvent) => void events.push(event),
    /** What compositions of stores told since the last time, and in which operation. */
    told: () => events.splice(0).flatMap(({ operation, during }) => (during === undefined ? [] : [operation])),
  };
}

/** A store below whose next calls of an operation fail. */
function faltering() {
  const failing: TappedOperation[] = [];
  const store = new TappedStore(({ operation }, proceed) => {
    const index = failing.indexOf(operation);
    if (index === -1) return proceed();
    failing.splice(index, 1);
    return Promise.reject(new StorageError("UNAVAILABLE", "down"));
  });
  return { failing, store };
}

function retrying(observer?: (event: StorageEvent) => void) {
  const { failing, store } = faltering();
  return { failing, store: withRetry(store, { baseDelay: 0, observer }) };
}

describe("a store without an observer", () => {
  it("tells that of the manager, at whatever depth", async () => {
    const { failing, store } = retrying();
    const { observer, told } = listener();
    const deep = new TieredStore({ remote: withCircuitBreaker(store) });
    const manager = new StorageManager({ store: deep, observer });
    failing.push("write", "write");
    await manager.dehydrate(longText("a"));
    expect(told()).toEqual(["retry", "retry"]);
    await manager.writeBlob("a", "a");
    failing.push("stat");
    await deep.stat("a");
    expect(told()).toEqual([]); // nobody's call
    await manager.readBlob("a");
    expect(told()).toEqual(["cache_hit"]);
  });

  it("tells that of the manager through a store of the user's", async () => {
    const { failing, store } = retrying();
    const { observer, told } = listener();
    const manager = new StorageManager({ store: new TappedStore((_, proceed) => proceed(), store), observer });
    failing.push("write");
    await manager.writeBlob("a", "a");
    expect(told()).toEqual(["retry"]);
  });

  it("tells those that start, too", async () => {
    const { failing, store } = retrying();
    const told: string[] = [];
    const observer = {
      start: (operation: string) => (event: StorageEvent) => void told.push(`${operation} ${event.outcome}`),
    };
    failing.push("write");
    await new StorageManager({ store, observer }).writeBlob("a", "a");
    expect(told).toEqual(["retry error", "write success"]);
  });

  it("tells the manager whose call it is, when it is the store of two at once", async () => {
    const { failing, store } = retrying();
    const [one, other] = [listener(), listener()];
    const [first, second] = [one, other].map(({ observer }) => new StorageManager({ store, observer }));
    const third = new StorageManager({ store });
    failing.push("write");
    await Promise.all([first!.writeBlob("a", "a"), second!.readBlob("b").catch(() => undefined)]);
    expect([one.told(), other.told()]).toEqual([["retry"], []]);
    failing.push("read");
    await Promise.all([first!.writeBlob("a", "a"), second!.readBlob("a"), third.writeBlob("c", "c")]);
    expect([one.told(), other.told()]).toEqual([[], ["retry"]]);
    failing.push("write");
    await third.writeBlob("a", "a");
    expect([one.told(), other.told()]).toEqual([[], []]);
  });

  it("does not tell a manager of the call of another one that is made inside of its own", async () => {
    const { failing, store } = retrying();
    const [outer, inner] = [listener(), listener()];
    for (const observer of [undefined, inner.observer]) {
      const below = new StorageManager({ store, observer });
      const tapped = new TappedStore(async ({ operation }, proceed) => {
        if (operation === "write") {
          failing.push("write", "entry");
          await below.writeBlob("x", "x");
          for await (const { path } of below.list("")) expect(path).toBe("x");
        }
        return proceed();
      });
      await new StorageManager({ store: tapped, observer: outer.observer }).writeBlob("a", "a");
    }
    expect([outer.told(), inner.told()]).toEqual([[], ["retry", "retry"]]);
  });

  it("tells that of the manager for its tenants", async () => {
    const { failing, store } = retrying();
    const { observer, told } = listener();
    failing.push("write");
    await new StorageManager({ store, observer }).forTenant("acme").writeBlob("outputs/acme/a", "a");
    expect(told()).toEqual(["retry"]);
  });

  it("tells that of the manager while a listing is read, and the body of what was opened", async () => {
    const { failing, store } = retrying();
    const { observer, told } = listener();
    const manager = new StorageManager({ store, observer, maxInlineSize: 0 });
    const reference = (await manager.dehydrate(new Uint8Array(10), { scope: "s" })) as StorageReference;
    failing.push("entry");
    for await (const { path } of manager.list("")) expect(path).toBe(reference.$storageRef);
    expect(told()).toEqual(["retry"]);
    for (const whole of [true, false]) {
      const opened = await manager.open(reference);
      failing.push("chunk");
      if (whole) await opened.bytes();
      else for await (const chunk of opened) expect(chunk).toHaveLength(10);
      expect(told()).toEqual(["retry"]);
    }
    for await (const chunk of await manager.open(reference)) {
      expect(chunk).toHaveLength(10);
      break;
    }
    await (await manager.open(reference)).cancel();
  });
});

describe("a store with an observer", () => {
  it("tells that, and no manager", async () => {
    const [own, manager] = [listener(), listener()];
    const { failing, store } = retrying(own.observer);
    failing.push("write");
    await new StorageManager({ store, observer: manager.observer }).writeBlob("a", "a");
    expect([own.told(), manager.told()]).toEqual([["retry"], []]);
  });

  it("tells nobody where that is an empty list", async () => {
    const { failing, store } = faltering();
    const { observer, told } = listener();
    failing.push("write");
    const manager = new StorageManager({ store: withRetry(store, { baseDelay: 0, observer: [] }), observer });
    await manager.writeBlob("a", "a");
    expect(told()).toEqual([]);
  });
});

describe("what a store finds out later", () => {
  it("is told to the manager whose call showed it", async () => {
    const clock = new FakeClock(0);
    const { failing, store } = faltering();
    const breaker = withCircuitBreaker(store, { failures: 1, resetAfter: 1000, clock });
    const [one, other] = [listener(), listener()];
    const [first, second] = [one, other].map(({ observer }) => new StorageManager({ store: breaker, observer }));
    failing.push("write");
    await failureOf(first!.writeBlob("a", "a"));
    await clock.advance(1000);
    await second!.writeBlob("a", "a");
    expect([one.told(), other.told()]).toEqual([["circuit_open"], ["circuit_half_open", "circuit_close"]]);
  });
});
