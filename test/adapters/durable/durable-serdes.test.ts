import type { DurableContext, SerdesConfig } from "@aws/durable-execution-sdk-js";
import { MemoryStore, openValue, packValue, StorageManager } from "../../../src/index.js";
import { durableHandler, durableRelease, durableSerdes, type DurableOptions } from "../../../src/adapters/durable.js";
import { FaultStore } from "../../../src/testing/index.js";
import { failureOf } from "../../support/failure.js";
import { longText } from "../../support/payloads.js";
import { RecordingStore } from "../../support/recording-store.js";

const ARN = "arn:aws:lambda:eu-central-1:123456789012:function:orders:3/durable-execution/order 7/invocation-1";
const context = { entityId: "1", durableExecutionArn: ARN };
const large = longText("large", 300_000);

// Nobody waits in these tests.
const clock = { now: () => 0, setTimeout: (run: () => void) => queueMicrotask(run), clearTimeout: () => undefined };

function setUp(options: Partial<DurableOptions> = {}) {
  const store = new RecordingStore();
  const manager = new StorageManager({ store });
  return { store, manager, serdes: durableSerdes({ manager, ...options }) };
}

/** What a handler needs of the context. */
function contextOf() {
  const configured: SerdesConfig[] = [];
  const executionContext = { durableExecutionArn: ARN };
  const configureSerdes = (config: SerdesConfig) => configured.push(config);
  return { configured, durable: { executionContext, configureSerdes } as unknown as DurableContext };
}

describe("durableSerdes", () => {
  it("writes what fits as JSON, without I/O", async () => {
    const { store, serdes } = setUp();
    for (const value of [1, "a", null, { a: [1], at: new Date(0) }, "x".repeat(261_118)]) {
      const text = await serdes.serialize(value, context);
      expect(text).toBe(JSON.stringify(value));
      expect(JSON.stringify(await serdes.deserialize(text, context))).toBe(text);
    }
    for (const nothing of [undefined, Symbol("s"), () => 1]) {
      expect(await serdes.serialize(nothing, context)).toBeUndefined();
    }
    expect(await serdes.deserialize(undefined, context)).toBeUndefined();
    expect(store.calls).toEqual([]);
  });

  it("stores what is larger with its execution, in one object for equal values, and bytes as bytes", async () => {
    const { store, serdes } = setUp();
    const texts = await Promise.all([large, large].map((value) => serdes.serialize(value, context)));
    expect(texts[0]!.length).toBeLessThan(1000);
    expect(await serdes.deserialize(texts[1], context)).toBe(large);
    const [path] = new Set(store.paths("write"));
    expect(path).toMatch(/^outputs\/durable\/orders\/order%207\/invocation-1\/[0-9a-f]{64}\./);
    const bytes = await serdes.serialize({ bytes: Buffer.from("b") }, { ...context, durableExecutionArn: "a/../b" });
    expect(await serdes.deserialize(bytes, context)).toEqual({ bytes: new Uint8Array([98]) });
    expect(store.paths("write").at(-1)).toMatch(/^outputs\/durable\/a%2F\.\.%2Fb\//);
  });

  it.each(["write", "read"] as const)("tries again when a %s fails that may succeed later", async (on) => {
    const attempts = async (allowed: number) => {
      const store = new FaultStore(new MemoryStore(), { faults: [{ on, times: 2, fault: { error: "UNAVAILABLE" } }] });
      const serdes = durableSerdes<string>({
        manager: new StorageManager({ store }),
        retry: { attempts: allowed, clock },
      });
      return serdes.deserialize(await serdes.serialize(large, context), context);
    };
    expect(await attempts(3)).toBe(large);
    expect((await failureOf(attempts(2))).code).toBe("UNAVAILABLE");
  });

  it.each([{ over: 2047 }, { retry: { attempts: 0 } }, { scope: "s" }, { manager: {} }, { unknown: 1 }])(
    "refuses wrong options: %j",
    (options) => {
      const manager = new StorageManager({ store: new MemoryStore() });
      const all = { manager, ...options } as unknown as DurableOptions;
      const makers: (() => unknown)[] = [
        () => durableSerdes(all),
        () => durableHandler(all, async () => Promise.resolve()),
      ];
      if (!("over" in options) && !("retry" in options)) makers.push(() => durableRelease(all as never));
      for (const make of makers) expect(make).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }) as Error);
    },
  );
});

describe("durableHandler", () => {
  it("opens its event, packs its result where a release leaves it, and reads answers of any text", async () => {
    const { store, manager } = setUp();
    const { configured, durable } = contextOf();
    const handler = durableHandler({ manager }, async (event: { order: string }) => Promise.resolve([event.order]));
    const packed = await packValue(manager, { order: large }, { over: 10, scope: "caller" });
    const result = await handler(packed, durable);
    expect(await openValue(manager, result)).toEqual([large]);
    expect(store.paths("write")[1]).toMatch(/^outputs\/durable-results\/orders\/order%207\/invocation-1\//);
    const { deserialize } = configured[0]!.defaultCallbackDeserializer!;
    expect(await deserialize("no JSON", context)).toBe("no JSON");
    expect(await deserialize(undefined, context)).toBeUndefined();
    expect(await deserialize(JSON.stringify(packed), context)).toEqual({ order: large });
    expect(await durableHandler({ manager }, async () => Promise.resolve())({}, durable)).toBeUndefined();
  });

  it("is given data by who invokes it, and by what it gave itself, whatever the data looks like", async () => {
    const { manager, serdes } = setUp();
    const secret = await manager.dehydrate(large, { scope: "other" });
    const envelope = { $storageEnvelope: { v: 1, form: "text", size: 300_000 }, $storageBody: secret };
    const seen: unknown[] = [];
    const handler = durableHandler({ manager }, async (event) => (seen.push(event), Promise.resolve(event)));
    for (const data of [{ user: envelope }, { user: secret }, secret, [envelope]]) {
      const invoked: unknown = JSON.parse((await serdes.serialize(data, context))!);
      const result = await handler(invoked, contextOf().durable);
      await handler(JSON.parse(JSON.stringify(result)), contextOf().durable);
      expect(await openValue(manager, result)).toEqual(data);
      expect(seen.splice(0)).toEqual([data, data]);
    }
  });
});

describe("durableRelease", () => {
  const ending = (status: string) => ({ status, executionArn: ARN }) as never;

  it("deletes what operations stored when the execution has ended, and not before; results stay", async () => {
    const { manager, serdes } = setUp();
    const left = async (): Promise<number> => {
      let count = 0;
      for await (const { size } of manager.list("outputs/")) count += Math.sign(size);
      return count;
    };
    await durableHandler({ manager }, async () => Promise.resolve(large))({}, contextOf().durable);
    for (const status of ["SUCCEEDED", "FAILED"]) {
      await serdes.serialize(large, context);
      for (const before of ["PENDING", "RETRYING"]) await durableRelease({ manager }).onInvocationEnd!(ending(before));
      expect(await left()).toBe(2);
      await durableRelease({ manager }).onInvocationEnd!(ending(status));
      expect(await left()).toBe(1);
    }
    await durableRelease({ manager, scope: () => "durable-results" }).onInvocationEnd!(ending("FAILED"));
    expect(await left()).toBe(0);
  });
});
