import { FakeClock } from "../../src/testing/fake-clock.js";
import { failureOf } from "../support/failure.js";
import { longText, throughJson } from "../support/payloads.js";
import { expectRefused, referenceBy, signingKey, signingManager, withoutSignature } from "../support/signing.js";

describe("payloads that hold references", () => {
  it("pass on those that were signed, in fast and slow walks, and keep all others as data", async () => {
    const { manager, other, store } = signingManager({ keys: { k1: signingKey(1), k2: signingKey(2) } });
    const signed = await referenceBy(manager);
    const bySecondKey = await referenceBy(other({ activeKeyId: "k2" }), "b");
    const unsigned = withoutSignature(signed);
    const lookalikes = [
      unsigned,
      { ...signed, $storageSize: 1 },
      { ...signed, more: 1 },
      { ...signed, $storageSignature: `k3:${"A".repeat(43)}` },
      { $bubuStorageRef: signed.$storageRef },
      await referenceBy(other({ audience: "other" })),
    ];
    for (const payload of [
      { signed, bySecondKey, lookalikes },
      { plain: { a: [1, { b: "c" }] }, list: [[{ signed }], bySecondKey, { lookalikes }] },
      { more: longText("c"), deep: nested(20, { signed, bySecondKey, lookalikes }) },
      { bytes: Buffer.from("x"), toJSON: () => ({ signed, bySecondKey, lookalikes }) },
      Array.from({ length: 30 }, () => ({ signed, bySecondKey, lookalikes })),
    ]) {
      for (const maxInlineSize of [0, 100, 1024, 100_000]) {
        const result = await manager.dehydrate(payload, { scope: "t", maxInlineSize });
        const hydrated = await manager.hydrate(throughJson(result));
        expect(hydrated).toEqual(withValues(throughJson(payload)));
      }
    }
    expect(await manager.dehydrate(signed)).toBe(signed);
    expect(store.paths("read").length).toBeGreaterThan(0);

    function withValues(value: unknown): unknown {
      if (JSON.stringify(value) === JSON.stringify(signed)) return longText("a");
      if (JSON.stringify(value) === JSON.stringify(bySecondKey)) return longText("b");
      if (Array.isArray(value)) return value.map(withValues);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withValues(inner)]));
    }
  });

  it("pass on those that have expired, for hydration to refuse", async () => {
    const clock = new FakeClock();
    const { manager } = signingManager({ ttl: 1000, clock });
    const reference = await referenceBy(manager);
    await clock.advance(5000);
    for (const references of ["escape", "pass"] as const) {
      const result = await manager.dehydrate({ reference }, { references });
      expect(result).toEqual({ reference });
      await expectRefused(manager.hydrate(result), "expired");
    }
  });

  it("pass on those of the call's own audience only", async () => {
    const { manager } = signingManager({ audience: "tenant-1" });
    const reference = await referenceBy(manager);
    const result = await manager.dehydrate({ reference }, { audience: "tenant-2" });
    await expect(manager.hydrate(result, { audience: "tenant-2" })).resolves.toEqual({ reference });
    await expect(manager.hydrate(await manager.dehydrate({ reference }))).resolves.toEqual({
      reference: longText("a"),
    });
  });

  it('with "pass" name the place of one that was not signed', async () => {
    const { manager, other } = signingManager({}, { references: "pass" });
    const signed = await referenceBy(manager);
    const unsigned = withoutSignature(signed);
    await expect(manager.dehydrate({ signed })).resolves.toEqual({ signed });
    for (const found of [unsigned, { ...signed, $storageSize: 1 }, { $bubuStorageRef: "outputs/s/a.json" }]) {
      const error = await failureOf(manager.dehydrate({ a: [found] }));
      expect(error).toMatchObject({ code: "SIGNATURE_INVALID", message: expect.stringContaining("$.a[0]") });
      expect(error.cause).toMatchObject({ code: "SIGNATURE_INVALID" });
      expect(() => manager.plan({ a: [found] })).toThrow("$.a[0]");
    }
    const lenient = other({ allowUnsigned: true });
    await expect(lenient.dehydrate({ unsigned })).resolves.toEqual({ unsigned });
    expect((await failureOf(lenient.dehydrate([{ ...unsigned, $storageSize: -1 }]))).code).toBe("INVALID_REFERENCE");
    await expectRefused(lenient.dehydrate([{ ...signed, $storageSize: 1 }]));
  });

  it('with "reject" refuse signed ones too', async () => {
    const { manager } = signingManager();
    const signed = await referenceBy(manager);
    const error = await failureOf(manager.dehydrate({ a: signed }, { references: "reject" }));
    expect(error).toMatchObject({ code: "INVALID_REFERENCE", message: expect.stringContaining("$.a") });
  });

  it("leave the references of resolvers as they were", async () => {
    const resolvers = [{ key: "$bubuVaultRef", resolve: () => Promise.resolve("secret") }];
    const { manager } = signingManager({}, { resolvers });
    const vault = { $bubuVaultRef: "a" };
    await expect(manager.dehydrate({ vault })).resolves.toEqual({ vault: { $$bubuVaultRef: "a" } });
    await expect(manager.dehydrate({ vault }, { references: "pass" })).resolves.toEqual({ vault });
    await expect(manager.hydrate({ vault })).resolves.toEqual({ vault });
    await expect(manager.hydrate({ vault }, { resolvers: true })).resolves.toEqual({ vault: "secret" });
    await expect(manager.hydrate({ vault }, { resolvers })).resolves.toEqual({ vault: "secret" });
    await expect(manager.hydrate({ vault }, { resolvers: false })).resolves.toEqual({ vault });
  });
});

function nested(levels: number, value: unknown): unknown {
  return levels === 0 ? value : { level: [nested(levels - 1, value)] };
}
