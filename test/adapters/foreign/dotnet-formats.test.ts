import { gzipSync } from "node:zlib";
import { MemoryStore, StorageManager } from "../../../src/index.js";
import { massTransit, nServiceBus } from "../../../src/adapters/formats.js";
import { rules, type MessageFormat } from "../../../src/adapters/messages.js";
import { message } from "../messages/messages.js";
import { bucketsOf, offloaderOf, watchedStore } from "./foreign.js";

async function reading(format: MessageFormat, objects: Record<string, string | Uint8Array>, maxBytes = 1_000_000) {
  const b = watchedStore();
  for (const [path, body] of Object.entries(objects)) await b.inner.write(path, body);
  const manager = bucketsOf({ b: b.store });
  return { ...b, offloader: offloaderOf(manager, { reads: [format], rules: rules.amqp, maxBytes }) };
}

const place = { bucket: "b", allow: ["s3://b"] };

/** The manager's own bucket is `b`. */
async function owning(format: MessageFormat, objects: Record<string, string | Uint8Array>, maxBytes = 1_000_000) {
  const { store, inner, requests } = await reading(format, objects);
  const offloader = offloaderOf(new StorageManager({ store }), { reads: [format], rules: rules.amqp, maxBytes });
  return { inner, requests, offloader };
}

describe("massTransit", () => {
  const format = massTransit({ ...place, byShape: true });
  const of = (reference: unknown, more: object = {}) => ({ "data-ref": reference, ...more });

  it("replaces properties, at any depth", async () => {
    const { offloader, requests } = await owning(format, {
      "none/abc": "ä",
      "2026/11/28/09/abc": Buffer.from([0xff, 0]),
      "abc.gz": gzipSync("zipped"),
    });
    const body = {
      message: {
        text: of("urn:file:none:abc", { text: null, data: null }),
        bytes: [of("urn:file:2026:11:28:09:abc")],
        zipped: of("urn:file:abc.gz"),
        inlineText: of("urn:msgdata:x", { text: "short", data: null }),
        inlineData: of("urn:msgdata:x", { data: "/w==" }),
        none: of(null, { text: null }),
      },
    };
    const opened = await offloader.unpack(message(JSON.stringify(body)));
    expect(JSON.parse(opened.body as string)).toEqual({
      message: { text: "ä", bytes: ["/wA="], zipped: "zipped", inlineText: "short", inlineData: "/w==", none: null },
    });
    expect(requests).toHaveLength(3);
  });

  it.each([
    ["json", '{"a":1}', { a: 1 }],
    ["base64", "abc", "YWJj"],
  ] as const)("gives values as %s", async (values, stored, value) => {
    const { offloader } = await owning(massTransit({ ...place, byShape: true, values }), { k: stored });
    const opened = await offloader.unpack(message(Buffer.from(JSON.stringify({ p: of("urn:file:k") }))));
    expect(opened.body).toEqual(Buffer.from(JSON.stringify({ p: value })));
  });

  it("is detected on request only", async () => {
    const { offloader, requests } = await owning(massTransit(place), { k: "x" });
    const body = JSON.stringify({ p: of("urn:file:k") });
    expect(await offloader.unpack(message(body))).toMatchObject({ body, offloaded: false });
    expect(requests).toEqual([]);
  });

  it.each([
    ["another repository", "urn:mongodb:gridfs:507f", "INVALID_REFERENCE"],
    ["a URL", "https://account.blob.core.windows.net/c/k", "INVALID_REFERENCE"],
    ["..", "urn:file:..:secrets", "INVALID_REFERENCE"],
    ["a slash", "urn:file:a/../../b", "INVALID_REFERENCE"],
    ["an array", ["urn:file:k"], "INVALID_REFERENCE"],
    ["another prefix", "urn:file:other:k", "REFERENCE_DENIED"],
  ])("refuses %s before any request", async (_, reference, code) => {
    const own = massTransit({ bucket: "b", allow: ["s3://b/none"], byShape: true });
    const { offloader, requests } = await owning(own, { "none/k": "x" });
    const body = JSON.stringify([of("urn:file:none:k"), of(reference)]);
    await expect(offloader.unpack(message(body))).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  it("unzips no more than maxBytes, for all properties together", async () => {
    const { offloader } = await owning(format, { "k.gz": gzipSync(Buffer.alloc(10_000)) }, 25_000);
    const times = (count: number) => message(JSON.stringify(Array.from({ length: count }, () => of("urn:file:k.gz"))));
    expect(JSON.parse((await offloader.unpack(times(2))).body as string)).toHaveLength(2);
    await expect(offloader.unpack(times(3))).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
  });
});

describe("nServiceBus", () => {
  const format = nServiceBus(place);

  it("reads the transport for SQS, unwrapped", async () => {
    const { offloader } = await owning(format, { "pre/id": "payload" });
    const attributes = { S3BodyKey: "pre/id", "NServiceBus.AmazonSQS.Headers": "{}" };
    const opened = await offloader.unpack(message("empty message", attributes));
    expect(opened).toMatchObject({ body: "payload", offloaded: true });
    expect([...opened.attributes.keys()]).toEqual(["NServiceBus.AmazonSQS.Headers"]);
  });

  it("reads it wrapped: as it is when it is small", async () => {
    const { offloader } = await owning(format, { "pre/id": "payload" });
    const wrapped = { Headers: { a: "b" }, Body: "", S3BodyKey: "pre/id", ReplyToAddress: null };
    const opened = await offloader.unpack(message(JSON.stringify(wrapped), { S3BodyKey: "pre/id" }));
    expect(JSON.parse(opened.body as string)).toEqual({
      Headers: { a: "b" },
      Body: "cGF5bG9hZA==",
      ReplyToAddress: null,
    });
  });

  it("reads claim check properties by their headers, which win", async () => {
    const { offloader } = await owning(format, { "2026-11-28_09/a": '"large"', b: '"YWJj"' });
    const body = { Large: { Key: "guid", HasValue: true }, Picture: null, Other: { Key: "x", HasValue: false } };
    const headers = {
      "NServiceBus.DataBus.guid": "2026-11-28_09\\a",
      "NServiceBus.DataBus.My.Name.Space.Message.Picture": "b",
      "NServiceBus.DataBusConfig.ContentType": "application/json",
      other: "kept",
    };
    const opened = await offloader.unpack(message(Buffer.from(JSON.stringify(body)), headers));
    expect(JSON.parse(String(opened.body))).toEqual({
      Large: "large",
      Picture: "YWJj",
      Other: { Key: "x", HasValue: false },
    });
    expect([...opened.attributes.keys()]).toEqual(["other"]);
  });

  it("is not a message that only has the fields", async () => {
    const { offloader, requests } = await owning(format, { k: "x" });
    for (const body of ['{"Body":"","S3BodyKey":"k"}', '{"Large":{"Key":"k","HasValue":true}}']) {
      expect(await offloader.unpack(message(body))).toMatchObject({ body, offloaded: false });
    }
    expect(requests).toEqual([]);
  });

  it.each([
    ["..", { S3BodyKey: "../k" }, "INVALID_REFERENCE"],
    [".. with the other slash", { "NServiceBus.DataBus.P": "a\\..\\..\\k" }, "INVALID_REFERENCE"],
    ["nothing", { S3BodyKey: "" }, "INVALID_REFERENCE"],
    ["another prefix", { S3BodyKey: "other/k" }, "REFERENCE_DENIED"],
    ["one bad beside a good one", { S3BodyKey: "pre/k", "NServiceBus.DataBus.P": "other/k" }, "REFERENCE_DENIED"],
    [
      "another serializer",
      { "NServiceBus.DataBus.P": "pre/k", "NServiceBus.DataBusConfig.ContentType": "application/octet-stream" },
      "UNSUPPORTED",
    ],
    ["a property of a prototype", { "NServiceBus.DataBus.T.__proto__": "pre/k" }, "INVALID_REFERENCE"],
  ])("refuses %s before any request", async (_, headers, code) => {
    const own = nServiceBus({ bucket: "b", allow: ["s3://b/pre"] });
    const { offloader, requests } = await owning(own, { "pre/k": '"x"' });
    await expect(offloader.unpack(message('{"P":null}', headers))).rejects.toMatchObject({ code });
    expect(requests).toEqual([]);
  });

  it("says when a property is not JSON, or the body is none", async () => {
    const { offloader } = await owning(format, { k: "no JSON" });
    const headers = { "NServiceBus.DataBus.P": "k" };
    await expect(offloader.unpack(message("{}", headers))).rejects.toMatchObject({ code: "DECODE_FAILED" });
    await expect(offloader.unpack(message("[]", headers))).rejects.toMatchObject({ code: "INVALID_REFERENCE" });
  });
});

it.each([
  ["massTransit", massTransit({ bucket: "b" })],
  ["nServiceBus", nServiceBus({ bucket: "b" })],
])("%s is not written, which is said at once", (_, format) => {
  const manager = new StorageManager({ store: new MemoryStore() });
  expect(() => offloaderOf(manager, { format })).toThrow(/reads/);
});
