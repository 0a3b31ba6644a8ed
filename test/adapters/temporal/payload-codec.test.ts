import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Payload, PayloadCodec } from "@temporalio/common";
import { temporalCodecHandler, temporalPayloadCodec, temporalStorageDriver } from "../../../src/adapters/temporal.js";
import { pathsIn } from "../messages/messages.js";
import { payload, runnerOf, setUp, valueOf, WORKFLOW } from "./temporal.js";

const big = { text: "x".repeat(300_000) };
const CONTEXT = { type: "workflow", namespace: "shop", workflowId: "w" } as const;

describe("temporalPayloadCodec", () => {
  it("stores what is larger than over, and gives back what was encoded", async () => {
    const { manager, store, asked } = setUp();
    const codec = temporalPayloadCodec({ manager });
    const payloads = [1, big, "small", [big], big].map(payload);
    const encoded = await codec.encode(payloads, CONTEXT);
    expect([encoded[0], encoded[2]]).toEqual([payloads[0], payloads[2]]);
    expect(encoded.every(({ data }) => data!.byteLength < 700)).toBe(true);
    expect((await pathsIn(store)).every((path) => path.startsWith("outputs/temporal/shop/workflow/w/_/"))).toBe(true);
    expect((await codec.decode(encoded)).map(valueOf)).toEqual([1, big, "small", [big], big]);
    expect(asked("read")).toBe((await pathsIn(store)).length);
    const all = temporalPayloadCodec({ manager, over: 0 });
    expect((await all.encode([payload(1)])).map(({ metadata }) => String(Buffer.from(metadata!["encoding"]!)))).toEqual(
      ["json/coatcheck"],
    );
    expect(await codec.encode([], CONTEXT)).toEqual([]);
  });

  it("names the scope of an activity by its workflow, where it knows that", async () => {
    const { manager, store } = setUp();
    const codec = temporalPayloadCodec({ manager, over: 0 });
    const activity = { type: "activity", namespace: "shop", isLocal: false } as const;
    await codec.encode([payload(1)], { ...activity, workflowId: "w", activityId: "1" });
    await codec.encode([payload(1)], { ...activity, activityId: "1" });
    await codec.encode([payload(1)], activity);
    await codec.encode([payload(1)]);
    expect((await pathsIn(store)).map((path) => path.replace(/^outputs\/temporal\/|\/[^/]+$/g, ""))).toEqual([
      "_",
      "shop/activity/1/_",
      "shop/activity/_/_",
      "shop/workflow/w/_",
    ]);
  });

  it("gives back a payload that looks like one that was encoded", async () => {
    const { manager } = setUp();
    const codec = temporalPayloadCodec({ manager });
    const [encoded] = await codec.encode([payload(big)], CONTEXT);
    const [claim] = await runnerOf([temporalStorageDriver({ manager })]).store([payload(big)], { target: WORKFLOW });
    for (const { metadata, data } of [encoded!, claim!]) {
      const [given] = await codec.decode(await codec.encode([{ metadata: metadata!, data: data! }], CONTEXT));
      expect(Buffer.from(given!.data!).equals(data!)).toBe(true);
      expect(Object.keys(given!.metadata!)).toEqual(Object.keys(metadata!));
    }
  });

  it("refuses what is no reference, and leaves what others encoded", async () => {
    const { manager, requests } = setUp();
    const codec = temporalPayloadCodec({ manager });
    const encoded = (encoding: string, data: string, messageType?: string): Payload => ({
      metadata: { encoding: Buffer.from(encoding), ...(messageType && { messageType: Buffer.from(messageType) }) },
      data: Buffer.from(data),
    });
    const reference = "temporal.api.sdk.v1.ExternalStorageReference";
    const others = [
      encoded("json/plain", '{"$storageRef":"x"}'),
      encoded("json/protobuf", "{}", "other"),
      encoded("json/protobuf", "{}", reference),
      encoded("json/protobuf", "[", reference),
      encoded("json/protobuf", '{"driverName":"a","claimData":{"a":1}}', reference),
      {},
    ];
    expect(await codec.decode(others)).toEqual(others);
    const forged = encoded("json/coatcheck", '{"$storageRef":1}');
    await expect(codec.decode([forged])).rejects.toMatchObject({ code: "INVALID_REFERENCE" });
    await expect(codec.decode([{ metadata: forged.metadata! }])).rejects.toMatchObject({ code: "INVALID_REFERENCE" });
    expect(requests).toEqual([]);
  });
});

describe("temporalCodecHandler", () => {
  const UI = "http://localhost:8233";
  const { manager } = setUp();
  /** Encryption, more or less. */
  const flipped: PayloadCodec = {
    encode: (payloads) => Promise.resolve(payloads.map((one) => ({ ...one, data: one.data!.toReversed() }))),
    decode: (payloads) => Promise.resolve(payloads.map((one) => ({ ...one, data: one.data!.toReversed() }))),
  };
  const authorize = jest.fn((request: IncomingMessage) => request.headers.authorization !== "no");
  const handler = temporalCodecHandler({ manager, codecs: [flipped], origins: [UI], maxBytes: 1_000_000, authorize });
  const server = createServer((request, response) => void handler(request, response));
  const url = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const json = (payloads: Payload[]) =>
    JSON.stringify({
      payloads: payloads.map(({ metadata, data }) => ({
        metadata: { encoding: Buffer.from(metadata!["encoding"]!).toString("base64") },
        data: Buffer.from(data!).toString("base64"),
      })),
    });
  const post = (path: string, body: string, headers: Record<string, string> = {}, method = "POST") =>
    fetch(url(path), {
      method,
      headers: { "content-type": "application/json", "x-namespace": "shop", ...headers },
      ...(method === "POST" && { body }),
    });

  beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it("encodes and decodes what pages and commands of Temporal send", async () => {
    const encoded = await post("/encode", json([payload(big), payload(1)]), { origin: UI });
    expect(encoded.status).toBe(200);
    expect(encoded.headers.get("access-control-allow-origin")).toBe(UI);
    const text = await encoded.text();
    expect(text.length).toBeLessThan(2000);
    const decoded = await post("/any/prefix/decode?x", text, {
      origin: UI,
      "content-type": "application/json; charset=utf-8",
    });
    expect(await decoded.text()).toBe(json([payload(big), payload(1)]));
    expect(authorize).toHaveBeenLastCalledWith(expect.anything(), "shop");
    expect(await (await post("/decode", "{}")).json()).toEqual({ payloads: [] });
  });

  it("shows what the storage driver stored", async () => {
    const driver = temporalStorageDriver({ manager });
    const [stored] = await runnerOf([driver]).store(await flipped.encode([payload(big)]), { target: WORKFLOW });
    const { metadata, data, externalPayloads } = stored!;
    const body = {
      metadata: Object.fromEntries(Object.entries(metadata!).map(([k, v]) => [k, Buffer.from(v).toString("base64")])),
      data: Buffer.from(data!).toString("base64"),
      externalPayloads: externalPayloads!.map(({ sizeBytes }) => ({ sizeBytes: String(sizeBytes) })),
    };
    const answer = await post("/decode", JSON.stringify({ payloads: [body] }));
    expect(await answer.text()).toBe(json([payload(big)]));
  });

  it("answers pages of its origins alone", async () => {
    const preflight = await post("/decode", "", { origin: UI }, "OPTIONS");
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("x-namespace");
    for (const method of ["OPTIONS", "POST"]) {
      const other = await post("/decode", "{}", { origin: "http://evil.example" }, method);
      expect([other.status, other.headers.get("access-control-allow-origin")]).toEqual([403, null]);
    }
    expect((await post("/decode", "{}", { "content-type": "text/plain" })).status).toBe(415);
  });

  it.each([
    ["another path", "/other", "{}", {}, 404],
    ["no JSON", "/decode", "{", {}, 400],
    ["no payloads", "/decode", '{"payloads":[{"data":1}]}', {}, 400],
    ["somebody who may not", "/decode", "{}", { authorization: "no" }, 401],
    ["more than the most bytes", "/decode", `"${"x".repeat(1_000_000)}"`, {}, 413],
    [
      "a claim that is none",
      "/decode",
      json([{ metadata: { encoding: Buffer.from("json/coatcheck") }, data: Buffer.from("1") }]),
      {},
      400,
    ],
  ])("refuses %s", async (_, path, body, headers, status) => {
    const answer = await post(path, body, headers);
    expect([answer.status, Object.keys((await answer.json()) as object)]).toEqual([status, ["message"]]);
  });

  it("counts bytes that come without a length, and refuses other methods", async () => {
    const body = new ReadableStream({
      start: (to) => {
        to.enqueue(Buffer.alloc(1_000_001, 32));
        to.close();
      },
    });
    const headers = { "content-type": "application/json" };
    const streamed = await fetch(url("/decode"), { method: "POST", headers, body, duplex: "half" });
    expect(streamed.status).toBe(413);
    const refused = await post("/decode", "", {}, "GET");
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
  });

  it("says what the store says, and nothing of other errors", async () => {
    const encoded = await (await post("/encode", json([payload({ ...big, a: 2 })]))).text();
    await manager.release("temporal");
    const gone = await post("/decode", encoded);
    expect([gone.status, await gone.text()]).toEqual([404, expect.stringContaining("NOT_FOUND")]);
    authorize.mockImplementationOnce(() => {
      throw new Error("secret");
    });
    const failed = await post("/decode", "{}");
    expect([failed.status, await failed.text()]).toEqual([500, '{"message":"The payloads could not be coded."}']);
    expect(() => temporalCodecHandler({ manager, origins: ["*"] })).toThrow(/origins.0: must be an origin/);
  });
});
