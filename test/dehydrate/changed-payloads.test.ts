import { setTimeout as delay } from "node:timers/promises";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { HeldStore } from "../support/held-store.js";
import { checkedEntries } from "../support/stored-entries.js";
import { objectsOf } from "../support/stored.js";
import { someBytes } from "../support/stream-sources.js";

/** Changes a value somewhere. */
type Change = (target: Record<string, unknown>, key: string) => void;
const CHANGES: Record<string, Change> = {
  "longer texts": (target, key) => void (target[key] = "x".repeat(3000)),
  "shorter texts": (target, key) => void (target[key] = ""),
  "texts of more bytes": (target, key) => void (target[key] = "é€😀".repeat(300)),
  "texts that end in long characters": (target, key) =>
    void (target[key] = `${"x".repeat(197 + (key.length % 4))}😀😀😀`),
  "lone surrogates": (target, key) => void (target[key] = "\ud800".repeat(200)),
  nothing: (target, key) => void (target[key] = undefined),
  "no key": (target, key) => void Reflect.deleteProperty(target, key),
  "what JSON rewrites": (target, key) => void (target[key] = [NaN, new Date(0), () => 1, { toJSON: () => undefined }]),
  "another key": (target) => void (target["anoth\u20ac"] = { more: Math.PI }),
};

describe("a payload that is changed while it is dehydrated", () => {
  const record = (i: number) => ({ id: i, key: `name ${i}`, text: `${"x".repeat(200)} ${i}`, n: Math.PI * i });
  const payload = (size: number) => ({
    stream: (async function* () {
      await delay(1);
      yield someBytes(100); // others have their turn while it is waited for
    })(),
    units: Array.from({ length: 6 }, (_, unit) =>
      Object.assign(
        {},
        Array.from({ length: size }, (__, i) => record(i * 7 + unit)),
      ),
    ),
    large: Array.from({ length: size * 20 }, (_, i) => record(i)),
  });

  it.each(Object.entries(CHANGES))("to %s is stored as valid JSON that its digest matches", async (_name, change) => {
    for (const size of [1, 8, 60]) {
      for (const pack of [
        { maxEntrySize: 5000, maxPackSize: 6000 },
        { maxEntrySize: 262_144, maxPackSize: 8_388_608 },
      ]) {
        const store = new HeldStore(["write"]);
        const manager = new StorageManager({ store, maxInlineSize: 100, maxRecursionDepth: 2, pack, concurrency: 2 });
        const value = payload(size);
        const call = manager.dehydrate(value, { scope: "s" });
        let changes = 0;
        let rounds = 0;
        let ended = false;
        void call.finally(() => (ended = true));
        while (!ended) {
          for (const container of rounds++ < 4 ? [...value.units, value.large] : []) {
            for (const item of Object.values(container)) {
              if (changes++ % 3 === 0) for (const key of ["text", "key", "id", "n"]) change(item, key);
            }
          }
          await delay(1);
          for (const held of store.held) held.release();
        }
        const dehydrated = JSON.parse(JSON.stringify(await call)) as unknown;
        await checkedEntries(store.inner, dehydrated);
        await expect(manager.hydrate(dehydrated)).resolves.toBeDefined();
      }
    }
  });

  it.each<[string, Change]>([
    ["a BigInt", (target, key) => void (target[key] = 1n)],
    ["a cycle", (target, key) => void (target[key] = target)],
    [
      "a getter that fails",
      (target, key) =>
        void Object.defineProperty(target, key, {
          get: () => {
            throw new TypeError("no");
          },
          enumerable: true,
        }),
    ],
  ])("to %s fails with UNSERIALIZABLE, and leaves nothing", async (_name, change) => {
    for (const size of [1, 500]) {
      for (const isInside of [false, true]) {
        const store = new MemoryStore();
        const manager = new StorageManager({ store, maxInlineSize: 100, maxRecursionDepth: 2 });
        const value = payload(size);
        const call = failureOf(manager.dehydrate(value));
        const unit = value.units[3] as unknown as Record<string, Record<string, unknown>>;
        if (isInside) change(unit["0"]!, "text");
        else change(unit, "0");
        const error = await call;
        expect([error.code, error.operation]).toEqual(["UNSERIALIZABLE", "dehydrate"]);
        expect(error.message).toBe(
          "The value at $.units[3] can't be stored as JSON any more; see the cause. [UNSERIALIZABLE, dehydrate]",
        );
        expect((await objectsOf(store)).size).toBe(0);
      }
    }
  });
});
