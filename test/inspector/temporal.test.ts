import type { PayloadCodec } from "@temporalio/common";
import type { TemporalCodecHandlerOptions } from "../../src/adapters/temporal/codec-handler.js";
import type { InspectorTemporalOptions } from "../../src/inspector/temporal-codec.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { temporalPayloadCodec } from "../../src/adapters/temporal/payload-codec.js";
import { Serving } from "./serving.js";

const UI = "http://localhost:8233";
const manager = new StorageManager({ store: new MemoryStore() });
const data = Buffer.from(JSON.stringify("x".repeat(1000)));
let body: object;

beforeAll(async () => {
  const context = { type: "workflow", namespace: "default", workflowId: "w" } as const;
  const plain = { metadata: { encoding: Buffer.from("json/plain") }, data };
  const [payload] = await temporalPayloadCodec({ manager, over: 100 }).encode([plain], context);
  const metadata = Object.entries(payload!.metadata!).map(([key, value]) => [
    key,
    Buffer.from(value).toString("base64"),
  ]);
  body = {
    payloads: [{ metadata: Object.fromEntries(metadata), data: Buffer.from(payload!.data!).toString("base64") }],
  };
});

describe("Temporal's codec protocol", () => {
  it("decodes for a page of Temporal that has a session, and for a program with the token", async () => {
    const serving = await Serving.entered(manager, { temporal: { origins: [UI] } });
    const authorization = `Bearer ${serving.token}`;
    for (const headers of [{ origin: UI }, { origin: "", cookie: "", authorization }]) {
      const { status, json } = await serving.ask("/temporal/decode", { body, headers });
      expect([status, json.payloads[0]!.data]).toEqual([200, data.toString("base64")]);
    }
    const { status, headers } = await serving.ask("/temporal/decode", { method: "OPTIONS", headers: { origin: UI } });
    expect([status, headers["access-control-allow-origin"]]).toEqual([204, UI]);
  });

  it("takes each option of the handler, and codecs as Temporal has them", async () => {
    const decode = jest.fn<ReturnType<PayloadCodec["decode"]>, Parameters<PayloadCodec["decode"]>>((payloads) =>
      Promise.resolve(payloads),
    );
    const codec: PayloadCodec = { encode: (payloads) => Promise.resolve(payloads), decode };
    const sizes = { over: 1000, maxBytes: 100_000, ttl: "never" as const };
    const others = { audience: "", reads: [], codecs: [codec], origins: [UI] };
    const all: Required<Omit<TemporalCodecHandlerOptions, "manager" | "authorize">> = { ...sizes, ...others };
    const temporal: InspectorTemporalOptions = all;
    const names: readonly (keyof InspectorTemporalOptions)[] = Object.keys(all) as (keyof typeof all)[];
    expect(names).toHaveLength(7);
    const serving = await Serving.entered(manager, { temporal: { ...temporal, audience: undefined } });
    expect((await serving.ask("/temporal/decode", { body, headers: { origin: UI } })).status).toBe(200);
    expect(decode).toHaveBeenCalledTimes(1);
  });

  it("decodes for nobody else", async () => {
    const serving = await Serving.entered(manager, { temporal: { origins: [UI] } });
    const ask = async (headers: Record<string, string>) =>
      (await serving.ask("/temporal/decode", { body, headers })).status;
    expect(await ask({ origin: UI, cookie: "" })).toBe(401);
    expect(await ask({ origin: UI, cookie: "", authorization: "Bearer x" })).toBe(401);
    expect(await ask({ origin: "http://evil.example" })).toBe(403);
    expect(await ask({ origin: UI, host: "evil.example" })).toBe(403);
  });

  it("encodes only where the inspector may change what is stored", async () => {
    const plain = { payloads: [{ metadata: { encoding: "anNvbi9wbGFpbg==" }, data: data.toString("base64") }] };
    const ask = async (serving: Serving) => serving.ask("/temporal/encode", { body: plain, headers: { origin: UI } });
    const temporal = { origins: [UI], over: 100 };
    expect((await ask(await Serving.entered(manager, { temporal }))).json.code).toBe("READ_ONLY");
    expect((await ask(await Serving.entered(manager, { temporal, allowDelete: true }))).status).toBe(200);
  });

  it("is not spoken unless that was asked for", async () => {
    expect((await (await Serving.entered(manager)).ask("/temporal/decode", { body })).status).toBe(404);
  });
});
