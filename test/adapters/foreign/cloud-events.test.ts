import { cloudEventsOffload } from "../../../src/adapters/cloudevents.js";
import { CloudEvent, HTTP, Kafka } from "cloudevents";
import { MemoryStore, StorageManager } from "../../../src/index.js";
import { cloudEvents, type CloudEventsOptions } from "../../../src/adapters/formats.js";
import { rules } from "../../../src/adapters/messages.js";
import { bigJson, message } from "../messages/messages.js";
import { bucketsOf, objectsIn, offloaderOf, watchedStore } from "./foreign.js";

const EVENT = { specversion: "1.0", type: "t", source: "/s", id: "1" };
const JSON_EVENTS = { "content-type": "application/cloudevents+json; charset=utf-8" };

async function reading(options: CloudEventsOptions = { allow: ["s3://b"] }) {
  const b = watchedStore();
  await b.inner.write("k", '{"a":1}');
  const offloader = offloaderOf(bucketsOf({ b: b.store }), { reads: [cloudEvents(options)] });
  return { ...b, offloader };
}

describe("what is read", () => {
  it.each([["ce-dataref"], ["ce_dataref"], ["cloudEvents_dataref"], ["cloudEvents:dataref"], ["dataref"]])(
    "is an event in binary mode: %s",
    async (name) => {
      const { offloader } = await reading();
      const opened = await offloader.unpack(message("", { [name]: "S3://b/%6b", "ce-id": "1" }));
      expect(opened).toMatchObject({ body: '{"a":1}', offloaded: true });
      expect([...opened.attributes.keys()]).toEqual(["ce-id"]);
    },
  );

  it.each([
    ["JSON by default", {}, { data: { a: 1 } }],
    ["JSON", { datacontenttype: "application/x+json" }, { data: { a: 1 } }],
    ["text", { datacontenttype: "text/csv; header=present" }, { data: '{"a":1}' }],
    ["bytes", { datacontenttype: "image/png" }, { data_base64: "eyJhIjoxfQ==" }],
  ])("is an event in structured mode: %s", async (_, type, data) => {
    const { offloader } = await reading();
    const body = JSON.stringify({ ...EVENT, ...type, dataref: "s3://b/k", last: 1 });
    const opened = await offloader.unpack(message(body, JSON_EVENTS));
    expect(opened.body).toBe(JSON.stringify({ ...EVENT, ...type, ...data, last: 1 }));
    expect(opened.attributes.size).toBe(1);
  });

  it.each([
    ["its data, binary", "data", { "ce-dataref": "s3://b/k" }],
    ["its data, structured", JSON.stringify({ ...EVENT, data: 0, dataref: "s3://b/k" }), JSON_EVENTS],
    ["no content type that says what it is", JSON.stringify({ ...EVENT, dataref: "s3://b/k" }), {}],
    ["no version", JSON.stringify({ dataref: "s3://b/k" }), JSON_EVENTS],
  ])("is not asked for where an event has %s", async (_, body, attributes) => {
    const { offloader, requests } = await reading();
    expect(await offloader.unpack(message(body, attributes))).toMatchObject({ body, offloaded: false });
    expect(requests).toEqual([]);
  });

  it("is found by shape on request", async () => {
    const { offloader } = await reading({ allow: ["s3://b"], byShape: true });
    const body = JSON.stringify({ ...EVENT, dataref: "s3://b/k" });
    expect((await offloader.unpack(message(body))).body).toBe(JSON.stringify({ ...EVENT, data: { a: 1 } }));
  });

  it.each([
    ["a relative one", "/k", "INVALID_REFERENCE"],
    ["a relative one of a host", "//b/k", "INVALID_REFERENCE"],
    ["nothing", "", "INVALID_REFERENCE"],
    ["another scheme", "https://b/k", "REFERENCE_DENIED"],
    ["a file", "file:///etc/passwd", "INVALID_REFERENCE"],
    ["another bucket", "s3://c/k", "REFERENCE_DENIED"],
    ["an escaped ..", "s3://b/%2e%2e/k", "INVALID_REFERENCE"],
    ["a bad escape", "s3://b/%zz", "INVALID_REFERENCE"],
    ["a query", "s3://b/k?versionId=1", "INVALID_REFERENCE"],
    ["a password", "s3://user:secret@b/k", "INVALID_REFERENCE"],
  ])("is refused before any request: %s", async (_, uri, code) => {
    const { offloader, requests } = await reading();
    await expect(offloader.unpack(message("", { "ce-dataref": uri }))).rejects.toMatchObject({ code });
    const structured = message(JSON.stringify({ ...EVENT, dataref: uri }), JSON_EVENTS);
    await expect(offloader.unpack(structured)).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  it("is refused where dataref is no text", async () => {
    const { offloader, requests } = await reading();
    const body = JSON.stringify({ ...EVENT, dataref: ["s3://b/k"] });
    await expect(offloader.unpack(message(body, JSON_EVENTS))).rejects.toMatchObject({ code: "INVALID_REFERENCE" });
    expect(requests).toEqual([]);
  });
});

describe("what is written", () => {
  const data = bigJson(2_000_000);
  const writing = (options: CloudEventsOptions = {}) => {
    const store = new MemoryStore();
    const format = cloudEvents({ bucket: "b", ...options });
    return { store, offloader: offloaderOf(new StorageManager({ store }), { format, rules: rules.nats }) };
  };

  it("is what the library reads, over HTTP", async () => {
    const { store, offloader } = writing();
    const sent = HTTP.binary(new CloudEvent({ type: "t", source: "/s", data: JSON.parse(data) as object }));
    const attributes = Object.fromEntries(Object.entries(sent.headers).map(([name, value]) => [name, String(value)]));
    const packed = await offloader.pack(message(sent.body as string, attributes));
    const [[path, stored] = []] = Object.entries(await objectsIn(store));
    expect(stored).toBe(sent.body); // bare
    expect(packed.body).toBe("");
    const event = HTTP.toEvent({ headers: Object.fromEntries(packed.attributes) as never, body: packed.body });
    expect(event).toMatchObject({ dataref: `s3://b/${path}`, datacontenttype: "application/json; charset=utf-8" });
    const opened = await offloader.unpack(packed);
    expect(opened.body).toBe(sent.body);
    expect(Object.fromEntries(opened.attributes)).toEqual(attributes);
  });

  it("is what the library reads, over Kafka", async () => {
    const { store, offloader } = writing({ attribute: "ce_dataref" });
    const packed = await offloader.pack(
      message(data, { ce_id: "1", ce_type: "t", ce_source: "/s", ce_specversion: "1.0" }),
    );
    const kafka = { headers: Object.fromEntries(packed.attributes), key: "", value: Buffer.alloc(0), body: "" };
    expect(Kafka.toEvent(kafka as never)).toMatchObject({
      dataref: `s3://b/${Object.keys(await objectsIn(store))[0]}`,
    });
  });

  it.each([
    ["JSON", { data: JSON.parse(data) as object }, data],
    ["a text", { datacontenttype: "text/plain", data }, data],
    ["bytes", { datacontenttype: "image/png", data_base64: Buffer.from(data).toString("base64") }, data],
  ])("is an event as JSON, that the library reads: of %s", async (_, members, bare) => {
    const { store, offloader } = writing({ mode: "structured" });
    const body = JSON.stringify({ ...EVENT, ...members, last: 1 });
    const packed = await offloader.pack(message(body, JSON_EVENTS));
    const [[path, stored] = []] = Object.entries(await objectsIn(store));
    expect(stored).toBe(bare);
    const event = HTTP.toEvent({ headers: { "content-type": "application/cloudevents+json" }, body: packed.body });
    expect(event).toMatchObject({ id: "1", dataref: `s3://b/${path}` });
    expect((await offloader.unpack(packed)).body).toBe(body);
  });

  it.each([
    ["no event", data, "UNSERIALIZABLE"],
    ["an event whose data is not what is large", JSON.stringify({ ...EVENT, x: data }), "LIMIT_EXCEEDED"],
    ["an event with a dataref of its own", JSON.stringify({ ...EVENT, data, dataref: "s3://c/k" }), "UNSERIALIZABLE"],
  ])("is not, in structured mode, %s", async (_, body, code) => {
    const { store, offloader } = writing({ mode: "structured" });
    await expect(offloader.pack(message(body, JSON_EVENTS))).rejects.toMatchObject({ code });
    expect(await objectsIn(store)).toEqual({});
  });

  it("is the key as it stands, but for what no URI holds", async () => {
    for (const outputPrefix of ["outputs", "a b/ü?#%/+&=@:;$,!'()*~"]) {
      const store = new MemoryStore();
      const format = cloudEvents({ bucket: "b" });
      const manager = new StorageManager({ store, outputPrefix });
      const offloader = offloaderOf(manager, { format, rules: rules.nats, ttl: 86_400_000, limit: 4096 });
      const packed = await offloader.pack(message(data));
      const uri = packed.attributes.get("ce-dataref") as string;
      const [path] = Object.keys(await objectsIn(store));
      if (outputPrefix === "outputs") {
        // With the day that it ends. Programs that do not decode find it, the adapter for one.
        expect(uri).toBe(`s3://b/${path}`);
        const offload = cloudEventsOffload({ manager, channel: "c", base: "s3://b", ttl: 86_400_000 });
        const event = { specversion: "1.0", type: "t", source: "/s", id: "1", dataref: uri };
        expect(await offload.open(event)).toMatchObject({ data: JSON.parse(data) as unknown });
      } else expect(uri).toMatch(/^s3:\/\/b\/a%20b\/%C3%BC%3F%23%25\/\+&=@:;\$,!'\(\)\*~\/orders\/@/);
      expect(new URL(uri).href).toBe(uri);
      expect((await offloader.unpack(packed)).body).toBe(data);
    }
  });

  it("is absolute: a bucket has to be said", () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    expect(() => offloaderOf(manager, { format: cloudEvents() })).toThrow(/bucket/);
  });
});
