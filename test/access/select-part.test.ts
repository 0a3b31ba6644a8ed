import fc from "fast-check";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { SigningOptions } from "../../src/configure/options.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { parseSelector, type SelectorStep } from "../../src/reference/selector.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { thrownBy } from "../support/failure.js";
import { longText, throughJson } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { expectRefused, signingKey, signingManager, signingOptions, withoutSignature } from "../support/signing.js";

const SIGNING: { name: string; signing: SigningOptions | undefined }[] = [
  { name: "with signing", signing: signingOptions() },
  { name: "without", signing: undefined },
];

describe("select", () => {
  const order = { items: [{ id: 1 }, { id: 2 }], "a.b": { c: longText("a", 1000) } }; // leaves whole

  it.each(SIGNING)("gives a reference to a part, $name", async ({ signing }) => {
    const { store, manager, reference } = await stored(signing);
    const frozen = Object.freeze({ ...reference });
    store.calls.length = 0;
    for (const [path, part] of [
      ["items", order.items],
      [".items[*].id", [1, 2]],
      [" items[1] ", { id: 2 }],
      ['["a.b"].c', longText("a", 1000)],
      ["", order],
    ] as const) {
      const selected = manager.select(frozen, path);
      expect(store.calls).toEqual([]);
      expect(selected.$storageRef).toBe(reference.$storageRef);
      expect("$storageSignature" in selected).toBe(signing !== undefined);
      await expect(manager.hydrate(throughJson(selected))).resolves.toEqual(part);
      store.calls.length = 0;
    }
  });

  it.each(SIGNING)("selects in what is selected, $name", async ({ signing }) => {
    const { manager, reference } = await stored(signing);
    const item = manager.select(manager.select(reference, "items"), "[1]");
    expect(item.$storagePath).toBe("items[1]");
    expect(manager.select(item, "id").$storagePath).toBe("items[1].id");
    expect(manager.select(item, ".id").$storagePath).toBe("items[1].id");
    await expect(manager.hydrate(manager.select(item, "id"))).resolves.toBe(2);
    const each = manager.select(reference, "items[*]");
    await expect(manager.hydrate(each)).resolves.toEqual(order.items);
    expect(thrownBy(() => manager.select(each, "[0]")).code).toBe("INVALID_REFERENCE");
    expect(manager.select(each, " ").$storagePath).toBe("items[*]");
  });

  it("finds the same in one step as in two", async () => {
    const { manager, reference } = await stored(signingOptions());
    const step = fc.constantFrom(".a", ".b ", "[0]", "[ 1 ]", '["a.b"]', '.["]"]');
    const steps = fc.array(step, { minLength: 1, maxLength: 3 }).map((all) => all.join(""));
    fc.assert(
      fc.property(steps, steps, fc.boolean(), (first, second, bare) => {
        const inner = bare ? second.replace(/^\.(?=[ab])/, "") : second;
        const selected = manager.select(manager.select(reference, first), inner);
        expect(parseSelector(selected.$storagePath!).map(what)).toEqual(
          [...parseSelector(first), ...parseSelector(second)].map(what),
        );
      }),
    );

    function what(step: SelectorStep): object {
      return { ...step, position: 0 };
    }
  });

  it.each(SIGNING)("refuses selectors and references that are none, $name", async ({ signing }) => {
    const { manager, reference, store } = await stored(signing);
    store.calls.length = 0;
    for (const path of ["a..b", "[-1]", "[", "a]", "x".repeat(4097), "\ud800", 7, null, undefined, {}] as string[]) {
      expect(thrownBy(() => manager.select(reference, path)).code).toBe("INVALID_REFERENCE");
    }
    const long = manager.select(reference, "x".repeat(3000));
    expect(thrownBy(() => manager.select(long, "y".repeat(3000))).code).toBe("INVALID_REFERENCE");
    for (const value of [{}, null, undefined, "outputs/a", [], { ...reference, more: 1 }, { $storageRef: 1 }]) {
      expect(thrownBy(() => manager.select(value as StorageReference, "a")).code).toBe("INVALID_REFERENCE");
    }
    expect(store.calls).toEqual([]);
  });

  it("signs by the active key, for the same audience, until the same time, and never what was not signed", async () => {
    const clock = new FakeClock();
    const keys = { k1: signingKey(1), k2: signingKey(2) };
    const { manager, other } = signingManager({ audience: "a", ttl: 10_000, clock, keys });
    const whole = (await manager.dehydrate(order)) as StorageReference;
    await clock.advance(9000);
    const later = other({ ttl: 1e9, activeKeyId: "k2", allowUnsigned: true });
    const selected = later.select(whole, "a");
    expect(selected.$storageSignature).toMatch(/^k2:/);
    expect(() => manager.select(selected, "b")).not.toThrow();
    expect(() => manager.select(selected, "b", { audience: "b" })).toThrow("audience");
    await clock.advance(1000);
    expect(() => later.select(whole, "a")).toThrow("expired");
    await expectRefused(later.hydrate(selected), "expired");
    const unsigned = withoutSignature(whole);
    expect(later.select(unsigned, "a")).toEqual({ ...unsigned, $storagePath: "a" });
    expect(later.select({ $bubuStorageRef: "outputs/a" }, "a")).toEqual({
      $bubuStorageRef: "outputs/a",
      $bubuStoragePath: "a",
    });
    // Of no use where signatures count.
    await expectRefused(manager.hydrate(later.select(unsigned, "a")));
  });

  it("drops a signature that was not asked for, since it is not that of the part", async () => {
    const { reference, store } = await stored(signingOptions());
    expect(new StorageManager({ store }).select(reference, "a")).not.toHaveProperty("$storageSignature");
  });

  async function stored(signing: SigningOptions | undefined) {
    const store = new RecordingStore();
    const manager = new StorageManager({ store, signing });
    const reference = (await manager.dehydrate(order)) as StorageReference;
    return { store, manager, reference };
  }
});
