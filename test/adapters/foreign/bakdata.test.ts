import { gzipSync } from "node:zlib";
import { MemoryStore, StorageManager } from "../../../src/index.js";
import { bakdata, type BakdataOptions } from "../../../src/adapters/formats.js";
import { kafkaOffload } from "../../../src/adapters/kafka.js";
import { rules, type AttributeValue } from "../../../src/adapters/messages.js";
import { message } from "../messages/messages.js";
import { bucketsOf, objectsIn, offloaderOf, watchedStore } from "./foreign.js";

const FLAG = "__large.message.backed.value";
const VALUE = Buffer.from("value \0");

async function reading(options: BakdataOptions = { allow: ["s3://b"], byShape: true }, stored = VALUE) {
  const b = watchedStore();
  await b.inner.write("p/topic/values/k", stored);
  const offloader = offloaderOf(bucketsOf({ b: b.store }), { reads: [bakdata(options)], rules: rules.kafka });
  return { ...b, offloader };
}

const URI = "s3://b/p/topic/values/k";
const flagged = (flag: number, rest: string | Uint8Array) =>
  Buffer.concat([Buffer.of(flag), Buffer.from(rest as string)]);

describe("what is read", () => {
  it.each<[string, Uint8Array, Record<string, AttributeValue>]>([
    ["a value behind a byte", flagged(0, VALUE), {}],
    ["a URI behind a byte", flagged(1, URI), {}],
    ["a value with a header", VALUE, { [FLAG]: Buffer.of(0) }],
    ["a URI with a header", Buffer.from(URI), { [FLAG]: Buffer.of(1) }],
  ])("is %s", async (_, body, headers) => {
    const { offloader, requests } = await reading();
    const opened = await offloader.unpack(message(body, { ...headers, trace: "t" }));
    expect(Buffer.compare(opened.body as Uint8Array, VALUE)).toBe(0);
    expect([...opened.attributes.keys()]).toEqual(["trace"]);
    expect(requests.length > 0).toBe(Buffer.from(body).includes("s3://"));
  });

  it("is detected by the header alone, unless shape is asked for", async () => {
    const { offloader, requests } = await reading({ allow: ["s3://b"] });
    const body = flagged(1, URI);
    expect(await offloader.unpack(message(body))).toMatchObject({ body, offloaded: false });
    expect(requests).toEqual([]);
  });

  it("is not what begins with another byte", async () => {
    const { offloader } = await reading();
    for (const body of [flagged(2, URI), Buffer.alloc(0), "text"]) {
      expect(await offloader.unpack(message(body))).toMatchObject({ body, offloaded: false });
    }
  });

  it.each([["__large.message.backed.compression"], ["__large.message.backed..compression"]])(
    "is compressed by gzip, zeros behind it: %s",
    async (name) => {
      const stored = Buffer.concat([gzipSync(VALUE), Buffer.alloc(16)]);
      const { offloader } = await reading(undefined, stored);
      const opened = await offloader.unpack(message(URI, { [FLAG]: Buffer.of(1), [name]: Buffer.of(1) }));
      expect(opened.body).toBe(VALUE.toString());
      expect(opened.attributes.size).toBe(0);
      for (const codec of [2, 3, 5, 255]) {
        const other = message(URI, { [FLAG]: Buffer.of(1), [name]: Buffer.of(codec) });
        await expect(offloader.unpack(other)).rejects.toMatchObject({ code: "UNSUPPORTED" });
      }
    },
  );

  it.each([
    ["another bucket", Buffer.of(1), "s3://c/k", "REFERENCE_DENIED"],
    ["another scheme", Buffer.of(1), "gs://b/k", "REFERENCE_DENIED"],
    ["..", Buffer.of(1), "s3://b/../c/k", "INVALID_REFERENCE"],
    ["a path", Buffer.of(1), "/etc/passwd", "INVALID_REFERENCE"],
    ["nothing", Buffer.of(1), "", "INVALID_REFERENCE"],
    ["an unknown flag", Buffer.of(7), URI, "INVALID_REFERENCE"],
    ["two flags", Buffer.of(1, 1), URI, "INVALID_REFERENCE"],
    ["no flag", Buffer.alloc(0), URI, "INVALID_REFERENCE"],
  ])("is refused before any request: %s", async (_, flag, uri, code) => {
    const { offloader, requests } = await reading();
    await expect(offloader.unpack(message(uri, { [FLAG]: flag }))).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });
});

describe("what is written", () => {
  const big = Buffer.alloc(2_000_000, 1);

  it.each([[false], [true]])("is marked, whether it fits or not; as a header: %s", async (headers) => {
    const store = new MemoryStore();
    const offload = kafkaOffload({
      manager: new StorageManager({ store }),
      ttl: "never",
      format: bakdata({ bucket: "b", headers, byShape: !headers }),
    });
    const small = await offload.pack("topic", { key: "1", value: "\x01small" });
    const large = await offload.pack("topic", { key: "1", value: big, headers: { trace: "t" } });
    const [path] = Object.keys(await objectsIn(store));
    const uri = `s3://b/${path}`;
    if (headers) {
      expect(small).toEqual({ key: "1", value: Buffer.from("\x01small"), headers: { [FLAG]: Buffer.of(0) } });
      expect(large).toEqual({ key: "1", value: Buffer.from(uri), headers: { trace: "t", [FLAG]: Buffer.of(1) } });
    } else {
      expect(small.value).toEqual(flagged(0, "\x01small"));
      expect(large).toEqual({ key: "1", value: flagged(1, uri), headers: { trace: "t" } });
    }
    expect((await offload.open(small)).value).toEqual(Buffer.from("\x01small"));
    const { value, ...opened } = await offload.open(large);
    expect(opened).toEqual({ key: "1", headers: { trace: "t" } });
    expect(Buffer.compare(value as Uint8Array, big)).toBe(0);
    expect(await offload.pack("topic", { key: "1", value: null })).toEqual({ key: "1", value: null });
    expect(Object.keys(await objectsIn(store))).toHaveLength(1);
  });

  it("leaves what fits only without its mark", async () => {
    const store = new MemoryStore();
    const format = bakdata({ bucket: "b" });
    const offloader = offloaderOf(new StorageManager({ store }), { format, limit: 4096 });
    expect((await offloader.pack(message(big.subarray(0, 4095)))).offloaded).toBe(false);
    const packed = await offloader.pack(message(big.subarray(0, 4096)));
    expect(packed.offloaded).toBe(true);
    expect(packed.size).toBeLessThanOrEqual(4096);
  });

  it("is refused for a message that is marked already", async () => {
    const format = bakdata({ bucket: "b", headers: true });
    const offloader = offloaderOf(new StorageManager({ store: new MemoryStore() }), { format });
    await expect(offloader.pack(message("x", { [FLAG]: "1" }))).rejects.toMatchObject({ code: "INVALID_REFERENCE" });
  });
});
