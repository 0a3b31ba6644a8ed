import { CloudEvent, HTTP } from "cloudevents";
import { gzip, MemoryStore, RoutingStore, StorageManager, type StorageManagerOptions } from "../../../src/index.js";
import { cloudEventsOffload, type CloudEventsOptions } from "../../../src/adapters/cloudevents.js";
import { bigJson, pathsIn } from "../messages/messages.js";

const big = JSON.parse(bigJson(100_000)) as { type: string; text: string };
const BASE = "s3://payloads/app";

function setUp(options: Partial<CloudEventsOptions> = {}, managing: StorageManagerOptions = {}) {
  const store = new MemoryStore();
  const manager = new StorageManager({ store, ...managing });
  const offload = cloudEventsOffload({ manager, channel: "orders", base: BASE, ttl: 86_400_000, ...options });
  return { store, manager, offload };
}

function event<T>(data: T, more: object = {}): CloudEvent<T> {
  return new CloudEvent<T>({
    id: "1",
    type: "order",
    source: "/shop",
    time: "2026-01-01T00:00:00.000Z",
    data,
    ...more,
  });
}

it("gives back what fits, by the bytes of its JSON", async () => {
  const { offload, store } = setUp();
  const small = event({ a: "é" }, { datacontenttype: "application/json", tenant: "t" });
  const size = Buffer.byteLength(JSON.stringify(small));
  expect(await offload.pack(small, 65_536)).toBe(small);
  const filled = (bytes: number) => event({ a: "x".repeat(bytes) }, { tenant: "é" });
  const room = 65_536 - Buffer.byteLength(JSON.stringify(filled(0)));
  const [fits, over] = [filled(room), filled(room + 1)];
  expect(await offload.pack(fits)).toBe(fits);
  expect([size < 200, await pathsIn(store)]).toEqual([true, []]);
  expect((await offload.pack(over)).dataref).toBeDefined();
  const bytes = event(Buffer.alloc(3 * 1024), { datacontenttype: "image/png" });
  const exact = Buffer.byteLength(JSON.stringify(bytes));
  expect(await offload.pack(bytes, exact)).toBe(bytes);
  expect((await offload.pack(bytes, exact - 1)).dataref).toBeDefined();
  const none = event(undefined);
  expect([await offload.pack(none), await offload.open(none)]).toEqual([none, none]);
});

it("leads to the data as it is, through the client's own HTTP binding", async () => {
  const { offload, store } = setUp();
  const packed = await offload.pack(event(big, { tenant: "t", datacontenttype: "application/json" }));
  const [path] = await pathsIn(store);
  expect(packed).toBeInstanceOf(CloudEvent);
  expect(packed).toMatchObject({ dataref: `${BASE}/${path}`, tenant: "t", datacontenttype: "application/json" });
  expect(Buffer.from(await new StorageManager({ store }).readBlob(path!)).toString()).toBe(JSON.stringify(big));
  for (const send of [HTTP.binary, HTTP.structured]) {
    const arrived = HTTP.toEvent<typeof big>(send<typeof big>(packed)) as CloudEvent<typeof big>;
    const opened = await offload.open(arrived);
    expect(opened).toBeInstanceOf(CloudEvent);
    expect(opened).toEqual(event(big, { tenant: "t", datacontenttype: "application/json" }));
  }
});

it.each([
  ["text", "text/plain", "text ".repeat(20_000)],
  ["XML", "application/vnd.x+xml; charset=utf-8", `<a>${"x".repeat(70_000)}</a>`],
  ["bytes", "application/octet-stream", Buffer.alloc(70_000, 7)],
  ["bytes of JSON", "application/json", Buffer.from(JSON.stringify(big))],
  ["text of an unknown type", "application/x-own", "x".repeat(70_000)],
  ["a value of an unknown type", "application/x-own", big],
  ["a text as JSON", "application/json", "x".repeat(70_000)],
  ["a value without a type", undefined, big],
])("gives back %s", async (_name, datacontenttype, data) => {
  const { offload } = setUp();
  const plain = {
    specversion: "1.0",
    id: "1",
    type: "order",
    source: "/shop",
    data,
    ...(datacontenttype && { datacontenttype }),
  };
  const packed = await offload.pack(plain);
  expect(JSON.stringify(packed).length).toBeLessThan(1000);
  expect(await offload.open(packed)).toEqual(plain);
});

it("takes the base64 of a plain event for its bytes", async () => {
  const { offload } = setUp();
  const bytes = Buffer.alloc(70_000, 7);
  const plain = {
    id: "1",
    type: "order",
    source: "/shop",
    datacontenttype: "image/png",
    data_base64: bytes.toString("base64"),
  };
  const opened = await offload.open(await offload.pack(plain));
  expect(opened).toEqual({ ...plain, data_base64: undefined, data: bytes });
});

it("follows what others wrote, where it is allowed, and nothing else", async () => {
  const { offload, store } = setUp();
  await store.write("shared/a.json", Buffer.from('{"a":1}'), {});
  await store.write("shared/b.json", Buffer.from("no JSON"), {});
  const foreign = (dataref: unknown) => ({ id: "1", type: "order", source: "/shop", dataref });
  const { offload: allowing } = {
    offload: cloudEventsOffload({
      manager: new StorageManager({ store }),
      channel: "orders",
      base: `${BASE}/`,
      ttl: 86_400_000,
      allow: ["shared"],
    }),
  };
  expect(await allowing.open(foreign(`${BASE}/shared/a.json`))).toMatchObject({ data: { a: 1 } });
  expect(await allowing.open(foreign(`${BASE}/shared/b.json`))).toMatchObject({ data: Buffer.from("no JSON") });
  const reading = { code: "REFERENCE_DENIED", disposition: "reject" };
  await expect(offload.open(foreign(`${BASE}/shared/a.json`))).rejects.toMatchObject(reading);
  await expect(offload.open(foreign("s3://other/shared/a.json"))).rejects.toMatchObject({ code: "UNKNOWN_SCHEME" });
  for (const dataref of ["/relative", "https://", 7]) {
    await expect(offload.open(foreign(dataref))).rejects.toMatchObject({ code: "INVALID_REFERENCE" });
  }
  const both = { ...foreign(`${BASE}/shared/a.json`), data: { b: 2 } };
  expect(await offload.open(both)).toBe(both);
});

it("notices data that was changed", async () => {
  const { offload, store } = setUp();
  const packed = await offload.pack(event(big));
  const [path] = await pathsIn(store);
  await store.write(path!, Buffer.from('{"a":2}'), {});
  await expect(offload.open(packed)).rejects.toMatchObject({ code: "INTEGRITY", disposition: "reject" });
});

it("names stores that have whole URIs by these", async () => {
  const inner = new MemoryStore();
  const store = new RoutingStore({ primary: new MemoryStore(), schemes: { s3: inner } });
  const { offload } = setUp({ base: undefined }, { store, outputPrefix: "s3://payloads/outputs" });
  const packed = await offload.pack(event(big));
  expect(packed.dataref).toMatch(/^s3:\/\/payloads\/outputs\/orders\//);
  expect((await offload.open(packed)).data).toEqual(big);
});

it("refuses what readers could not follow", async () => {
  expect(() => setUp({ base: undefined })).toThrow("base: must say the URI");
  await expect(setUp({}, { codecs: [gzip()] }).offload.pack(event(big))).rejects.toMatchObject({ code: "UNSUPPORTED" });
  const wrong = [
    { base: "payloads" },
    { retention: "settle" },
    { hint: "size" },
    { compress: gzip() },
    { ttl: undefined },
  ];
  for (const options of wrong) expect(() => setUp(options as never)).toThrow(Object.keys(options)[0]);
});
