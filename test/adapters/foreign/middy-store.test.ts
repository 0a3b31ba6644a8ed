import { MemoryStore, StorageManager } from "../../../src/index.js";
import { middyStore, type MiddyStoreOptions } from "../../../src/adapters/formats.js";
import { bigJson, message } from "../messages/messages.js";
import { bucketsOf, objectsIn, offloaderOf, watchedStore } from "./foreign.js";
import { middleware } from "./peers/middy-store.js";

async function reading(options: MiddyStoreOptions = { allow: ["s3://b"], byShape: true }) {
  const b = watchedStore();
  await b.inner.write("k", '{"a":1}', { contentType: "application/json; charset=utf-8" });
  await b.inner.write("a b%20c", "12", { contentType: "text/plain" });
  const offloader = offloaderOf(bucketsOf({ b: b.store }), { reads: [middyStore(options)] });
  return { ...b, offloader };
}

const of = (reference: unknown) => ({ "@middy-store": reference });

describe("a reference", () => {
  it.each([
    ["a URL", "s3://b/k"],
    ["an ARN", "arn:aws:s3:::b/k"],
    ["an object", { store: "s3", bucket: "b", key: "k", region: "eu-central-1" }],
    ["s3-legacy-path", "s3://s3.amazonaws.com/b/k"],
    ["https-legacy-virtual-host", "https://b.s3.amazonaws.com/k"],
    ["https-region-path", "https://s3.eu-central-1.amazonaws.com/b/k"],
    ["the older region", "https://s3-eu-central-1.amazonaws.com/b/k"],
    ["s3-region-virtual-host", "s3://b.s3.eu-central-1.amazonaws.com/k"],
    [
      "a presigned URL, which is not fetched",
      "https://b.s3.eu-central-1.amazonaws.com/%6b?X-Amz-Algorithm=x&X-Amz-Signature=y",
    ],
  ])("is read: %s", async (_, reference) => {
    const { offloader } = await reading();
    expect((await offloader.unpack(message(JSON.stringify(of(reference))))).body).toBe('{"a":1}');
    const nested = await offloader.unpack(message(JSON.stringify({ x: [1, { y: of(reference) }], z: "z" })));
    expect(nested.body).toBe('{"x":[1,{"y":{"a":1}}],"z":"z"}');
  });

  it("is a value of the kind that was stored, and its key is taken as it is", async () => {
    const { offloader } = await reading();
    const body = JSON.stringify({ list: [of("s3://b/a b%20c"), of("s3://b/k")] });
    expect((await offloader.unpack(message(body))).body).toBe('{"list":["12",{"a":1}]}');
  });

  it("is data unless it is asked for", async () => {
    const { offloader, requests } = await reading({ allow: ["s3://b"] });
    const body = JSON.stringify(of("s3://b/k"));
    expect(await offloader.unpack(message(body))).toMatchObject({ body, offloaded: false });
    expect(requests).toEqual([]);
  });

  it.each([['"@middy-store"'], ['["@middy-store"]'], ['{"a":"@middy-store"}'], ['no JSON "@middy-store":']])(
    "is not what only has its name: %s",
    async (body) => {
      const { offloader } = await reading();
      expect(await offloader.unpack(message(body))).toMatchObject({ body, offloaded: false });
    },
  );

  it.each([
    ["another bucket", "s3://c/k", "REFERENCE_DENIED"],
    ["another host", "https://evil.example/k?X-Amz-Signature=x", "INVALID_REFERENCE"],
    ["a host that ends so", "https://b.s3.evil.amazonaws.com.evil.example/k", "INVALID_REFERENCE"],
    ["a metadata service", "http://169.254.169.254/latest", "INVALID_REFERENCE"],
    ["..", "s3://b/x/../k", "INVALID_REFERENCE"],
    ["an escaped .. of a presigned URL", "https://b.s3.amazonaws.com/%2e%2e/k?X-Amz-Signature=x", "INVALID_REFERENCE"],
    ["another store", { store: "dynamodb", bucket: "b", key: "k" }, "INVALID_REFERENCE"],
    ["an array as key", { store: "s3", bucket: "b", key: ["k"] }, "INVALID_REFERENCE"],
    ["a number", 7, "INVALID_REFERENCE"],
    ["null", null, "INVALID_REFERENCE"],
  ])("is refused before any request, the good ones beside it too: %s", async (_, reference, code) => {
    const { offloader, requests } = await reading();
    const body = JSON.stringify([of("s3://b/k"), of(reference)]);
    await expect(offloader.unpack(message(body))).rejects.toMatchObject({ code, disposition: "reject" });
    expect(requests).toEqual([]);
  });

  it("does not make more of a message than maxBytes, however often it stands", async () => {
    const { inner } = await reading();
    const reads = [middyStore({ allow: ["s3://b"], byShape: true })];
    const offloader = offloaderOf(bucketsOf({ b: inner }), { reads, maxBytes: 100 * 7 });
    const times = (count: number) => message(JSON.stringify(Array.from({ length: count }, () => of("s3://b/k"))));
    expect(JSON.parse((await offloader.unpack(times(100))).body as string)).toHaveLength(100);
    await expect(offloader.unpack(times(101))).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
    await expect(offloader.unpack(times(10_001))).rejects.toMatchObject({ code: "BUDGET_EXCEEDED" });
  });

  it("is deleted on settle only when that is asked for", async () => {
    const packed = message(JSON.stringify([of("s3://b/k")]));
    const kept = await reading();
    expect(await kept.offloader.settle(packed)).toEqual({ deleted: 0 });
    const { offloader, inner } = await reading({ allow: ["s3://b"], byShape: true, deletes: true });
    expect(await offloader.settle(packed)).toEqual({ deleted: 1 });
    expect(Object.keys(await objectsIn(inner))).toEqual(["a b%20c"]);
    expect(() => middyStore({ deletes: true })).toThrow(/allow/);
  });
});

describe("with the library itself", () => {
  it.each([
    ["url-s3-global-path", undefined],
    ["arn", undefined],
    ["object", "list.*"],
    ["url-https-region-virtual-host", "list.0"],
  ] as const)("reads what it writes: %s, %s", async (format, selector) => {
    const b = new MemoryStore();
    const output = { list: [{ n: 1 }, "ä", [3]], rest: true };
    const written = await middleware(b, { format, selector }).write(structuredClone(output));
    expect(JSON.stringify(written)).toContain("@middy-store");
    const reads = [middyStore({ allow: ["s3://b"], byShape: true })];
    const opened = await offloaderOf(bucketsOf({ b }), { reads }).unpack(message(JSON.stringify(written)));
    expect(JSON.parse(opened.body as string)).toEqual(output);
  });

  it.each([
    ["JSON", bigJson(2_000_000), (body: string): unknown => JSON.parse(body)],
    ["text", "ä".repeat(1_000_000), (body: string): unknown => body],
  ])("writes what it reads: %s", async (_, body, value) => {
    const store = new MemoryStore();
    const format = middyStore({ bucket: "b", byShape: true });
    const offloader = offloaderOf(new StorageManager({ store }), { format });
    const packed = await offloader.pack(message(body));
    const [path] = Object.keys(await objectsIn(store));
    expect(packed.body).toBe(`{"@middy-store":"s3://b/${path}"}`);
    expect(await middleware(store).read(JSON.parse(packed.body as string))).toEqual(value(body));
    expect((await offloader.unpack(packed)).body).toBe(body);
  });
});
