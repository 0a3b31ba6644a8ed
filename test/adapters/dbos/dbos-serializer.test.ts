import type { DBOSSerializer } from "@dbos-inc/dbos-sdk";
import { dbosSerializer } from "../../../src/adapters/dbos.js";
import { webhookDeliveries } from "../../support/webhook-deliveries.js";
import { pathsIn } from "../messages/messages.js";
import { setUp } from "../temporal/temporal.js";

// With a database: test/services/dbos.test.ts.
const today = new Date().toISOString().slice(0, 10);
const json: DBOSSerializer = {
  name: () => "my json",
  stringify: (value) => JSON.stringify(value ?? null),
  parse: (text) => JSON.parse(text ?? "null") as unknown,
};

it("keeps small rows as they are, and large ones out of the table", async () => {
  const { manager, store, requests } = setUp();
  const serializer = dbosSerializer({ manager });
  expect(serializer.name()).toBe("coatcheck");
  const small = { at: new Date(0), map: new Map([[1, new Set([2])]]), none: undefined };
  const row = await serializer.stringify(small);
  expect(await serializer.parse(row)).toEqual(small);
  expect([await serializer.parse(null), await serializer.parse(undefined)]).toEqual([null, null]);
  expect(requests).toEqual([]);
  const large = { ...small, deliveries: webhookDeliveries(20), text: "ä".repeat(60_000) };
  const packed = await serializer.stringify(large);
  expect(packed.length).toBeLessThan(1000);
  expect(await serializer.parse(packed)).toEqual(large);
  await serializer.stringify(large);
  const paths = await pathsIn(store);
  expect(paths).toEqual([expect.stringContaining(`outputs/dbos/${today}/`)]);
  await manager.release(`dbos/${today}`);
  await expect(() => serializer.parse(packed) as Promise<unknown>).rejects.toMatchObject({ code: "NOT_FOUND" });
});

it("takes what looks like an envelope for data, whatever makes the text", async () => {
  const { manager } = setUp();
  const serializer = dbosSerializer({ manager, inner: json, name: json.name() });
  expect(serializer.name()).toBe("my json");
  const forged = { $storageEnvelope: { v: 1, form: "json", size: 1 }, $storageBody: { $storageRef: "outputs/other" } };
  for (const value of [forged, { ...forged, text: "x".repeat(100_000) }, { $storageRef: "x" }, "$storageEnvelope"]) {
    expect(await serializer.parse(await serializer.stringify(value))).toEqual(value);
  }
  expect(await serializer.parse('{"written":"without us"}')).toEqual({ written: "without us" });
});

it("takes over, scope and ttl, and refuses what it does not know", async () => {
  const { manager, store } = setUp();
  const serializer = dbosSerializer({ manager, over: 10, scope: () => "mine", ttl: 86_400_000 });
  const row = await serializer.stringify("x".repeat(5000));
  expect(Buffer.byteLength(row)).toBeLessThanOrEqual(2048);
  expect((await pathsIn(store))[0]).toMatch(/^outputs\/mine\/@/);
  expect(() => dbosSerializer({ manager, name: "js_superjson" })).toThrow(/name: must not be/);
  expect(() => dbosSerializer({ manager, iner: json } as never)).toThrow(/iner/);
  expect(() => dbosSerializer({ manager, inner: {} } as never)).toThrow(/inner: must be a DBOSSerializer/);
});
