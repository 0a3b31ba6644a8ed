import { PutEventsCommand, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { gzip, MemoryStore, StorageManager } from "../../../src/index.js";
import { eventBridgeOffload, type EventBridgeOptions } from "../../../src/adapters/eventbridge.js";
import { rules } from "../../../src/adapters/messages.js";
import { bigJson, pathsIn } from "../messages/messages.js";

// EventBridge can't be had for tests. Its entries are of the client's own types; what it counts is what its documentation says.
const big = bigJson(300_000);

function setUp(options: Partial<EventBridgeOptions> = {}) {
  const store = new MemoryStore();
  const manager = new StorageManager({ store });
  return { store, offload: eventBridgeOffload({ manager, channel: "orders", retention: "settle", ...options }) };
}

/** What a target receives: the detail as a value. */
function delivered({ Source: source, DetailType, Detail }: PutEventsRequestEntry) {
  return { source, "detail-type": DetailType, detail: JSON.parse(Detail!) as unknown };
}

it("sends what fits as it is, and packs what does not into a JSON object with the keys that rules match", async () => {
  const { offload, store } = setUp({ keep: ["tenant"] });
  const small = { Source: "shop", DetailType: "order", Detail: '{"a":1}', Time: new Date(0), Resources: ["arn:a"] };
  expect(await offload.pack(small)).toBe(small);
  const none = { Source: "shop" };
  expect(await offload.pack(none)).toBe(none);
  const detail = { tenant: "t".repeat(2000), type: "order", text: big };
  const entry = await offload.pack({ ...small, Detail: JSON.stringify(detail) });
  expect(new PutEventsCommand({ Entries: [entry] }).input.Entries).toEqual([{ ...small, Detail: entry.Detail }]);
  const event = delivered(entry);
  expect(event.detail).toMatchObject({ tenant: detail.tenant });
  expect(await offload.open(event)).toEqual({ source: "shop", "detail-type": "order", detail });
  expect(await pathsIn(store)).toHaveLength(2);
  await offload.settle(event);
  expect(await pathsIn(store)).toEqual([]);
  await expect(offload.open(event)).rejects.toMatchObject({ code: "NOT_FOUND", disposition: "reject" });
});

it("counts every field, and gives back what it did not pack", async () => {
  const { offload, store } = setUp();
  const fields = { Source: "é", DetailType: "order", Time: new Date(), Resources: ["arn:a", "arn:bc"] };
  const room = rules.eventbridge.maxMessage - 2 - 5 - 14 - 5 - 6;
  const text = (bytes: number) => JSON.stringify({ a: "x".repeat(bytes - '{"a":""}'.length) });
  const fits = { ...fields, Detail: text(room) };
  expect(await offload.pack(fits)).toBe(fits);
  expect(await pathsIn(store)).toEqual([]);
  await offload.pack({ ...fields, Detail: text(room + 1) });
  expect(await pathsIn(store)).toHaveLength(1);
  const event = { detail: { a: 1 }, id: "7" };
  expect(await offload.open(event)).toBe(event);
  await offload.settle(event);
  await offload.settle({ detail: undefined });
  expect(await pathsIn(store)).toHaveLength(1);
});

it("takes data that looks packed for data, and compressed data for an object", async () => {
  const { offload, store } = setUp({ compress: gzip() });
  const forged = { $storageEnvelope: { v: 1, form: "json", size: 2 }, a: 1 };
  const details = [forged, { text: "again ".repeat(100_000) }, ["a", big.slice(0, 10)]];
  for (const detail of details) {
    const entry = await offload.pack({ Source: "shop", Detail: JSON.stringify(detail) });
    expect(entry.Detail.length).toBeLessThan(rules.eventbridge.maxMessage);
    expect((await offload.open(delivered(entry))).detail).toEqual(detail);
  }
  expect(await pathsIn(store)).toEqual([]);
});

it("splits entries into as few requests as the limits allow", () => {
  const entries = Array.from({ length: 25 }, () => ({ Source: "shop", Detail: JSON.stringify("x".repeat(30_000)) }));
  expect([...setUp().offload.batches(entries)].map(({ length }) => length)).toEqual([8, 8, 8, 1]);
});

it("names options that are not valid", () => {
  expect(() => setUp({ hint: "size" } as never)).toThrow("hint");
  expect(() => setUp({ channel: undefined } as never)).toThrow("channel: must be said");
});
