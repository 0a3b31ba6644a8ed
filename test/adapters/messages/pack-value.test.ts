import fc from "fast-check";
import { z } from "zod";
import { gzip, MemoryStore, openValue, packValue, StorageManager } from "../../../src/index.js";
import { MessageOffloader, rules } from "../../../src/adapters/messages.js";
import { openMerged } from "../../../src/adapters/messages/merged-value.js";
import { failureOf } from "../../support/failure.js";
import { longText } from "../../support/payloads.js";
import { RecordingStore } from "../../support/recording-store.js";

const newManager = (options: object = {}): StorageManager =>
  new StorageManager({ store: new MemoryStore(), ...options });

const travelled = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

const large = { id: 1, text: longText("x") };
const size = Buffer.byteLength(JSON.stringify(large));

describe("packValue and openValue", () => {
  it("leave a value that fits as it is, without I/O", async () => {
    const store = new RecordingStore();
    const manager = newManager({ store });
    for (const value of [large, "a", 1, null, undefined, [], { $storageRef: "outputs/a" }]) {
      expect(await packValue(manager, value, { over: size })).toBe(value);
      expect(await openValue(manager, value)).toBe(value);
    }
    const dated = { at: new Date(0) };
    expect(await packValue(manager, dated)).toBe(dated);
    expect(store.calls).toEqual([]);
  });

  it("put what is over into an envelope, from the first byte", async () => {
    const manager = newManager();
    const packed = (await packValue(manager, large, { over: size - 1, scope: "s" })) as Record<string, unknown>;
    expect(packed).toMatchObject({ $storageEnvelope: { v: 1, form: "json", size }, id: 1 });
    expect(packed["text"]).toMatchObject({ $storageRef: expect.stringMatching(/^outputs\/s\//) as string });
    expect(await openValue(manager, travelled(packed))).toEqual(large);
  });

  it("give bytes back as bytes, and dates as texts", async () => {
    const manager = newManager();
    const packed = await packValue(manager, { at: new Date(0), bytes: Buffer.from("b") });
    expect(await openValue(manager, travelled(packed))).toEqual({
      at: "1970-01-01T00:00:00.000Z",
      bytes: new Uint8Array([98]),
    });
  });

  it.each([
    { $storageEnvelope: { v: 1 } },
    { a: 1, $storageEnvelope: "b", $storageBody: 2 },
    { $storageEnvelope: { v: 1, form: "json", size: 2 }, $storageBody: { $storageRef: "outputs/a" } },
  ])("never take data for an envelope: %j", async (value) => {
    const store = new RecordingStore();
    const manager = newManager({ store });
    const packed = await packValue(manager, value);
    expect(packed).not.toEqual(value);
    expect(await openValue(manager, travelled(packed))).toEqual(value);
    expect(store.calls).toEqual([]);
    expect(await openValue(newManager(), await packValue(new StorageManager({}), value))).toEqual(value);
  });

  it.each([{ references: "pass" }, { references: "reject" }, { references: "adopt" }, { preset: "workflow" }] as const)(
    "give data back as data, by a manager that treats references otherwise: %j",
    async (options) => {
      const manager = newManager(options);
      const ticket = await manager.dehydrate(longText("ticket"), { scope: "own" });
      for (const value of [{ ticket, text: longText("text", 5000) }, [ticket], { $storageEnvelope: ticket }]) {
        expect(await openValue(manager, travelled(await packValue(manager, value, { limit: 4096 })))).toEqual(value);
      }
    },
  );

  it("never take data for an envelope that is one as JSON has it", async () => {
    const manager = newManager();
    const forged = { $storageEnvelope: { v: 1, form: "json", size: 2 }, $storageBody: { a: 1 } };
    const instance = Object.assign(Object.create({ own: true }) as object, forged);
    for (const value of [instance, { toJSON: () => forged }]) {
      expect(await openValue(manager, travelled(await packValue(manager, value)))).toEqual(forged);
    }
    for (const value of [new Date(0), { at: new Date(0), none: undefined }, instance.constructor, undefined]) {
      expect(await packValue(manager, value).catch(() => value)).toBe(value);
    }
  });

  it("give back any value, and never more than the limit", async () => {
    const key = fc.constantFrom("$storageEnvelope", "$storageBody", "$storageRef", "$$storageX", "a", "7", "__proto__");
    const json = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string({ maxLength: 60 }),
        fc.integer(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 20 }),
        fc.dictionary(key, tie("value"), { maxKeys: 5 }),
      ),
    })).value;
    const manager = newManager({ maxInlineSize: 40 });
    await fc.assert(
      fc.asyncProperty(json, fc.nat(3000), async (value, over) => {
        const text = JSON.stringify(value);
        const packed = JSON.stringify(await packValue(manager, value, { over, limit: 2048 }));
        expect(Buffer.byteLength(packed)).toBeLessThanOrEqual(2048);
        expect(JSON.stringify(await openValue(manager, JSON.parse(packed)))).toBe(text);
      }),
    );
  });

  it("keep what they are told to, whatever has to leave", async () => {
    const manager = newManager({ maxInlineSize: 40 });
    const offloader = new MessageOffloader({ manager, channel: "c", rules: rules.sqs, ttl: "never" });
    const key = fc.constantFrom("a", "b", "c", "7", "$storageRef", "$storageEnvelope", "__proto__");
    const text = fc.string({ maxLength: 900 });
    const payload = fc.dictionary(key, fc.oneof(text, fc.array(text), fc.record({ a: text, $storageBody: text })));
    await fc.assert(
      fc.asyncProperty(payload, fc.integer({ min: 0, max: 60 }), async (fields, more) => {
        const many = Object.fromEntries(Array.from({ length: more }, (_, at) => [`k${at}`, `${at}`.repeat(50)]));
        const value = { ...fields, ...many };
        const text = JSON.stringify(value);
        const kept = Buffer.byteLength(JSON.stringify({ a: value["a"], b: value["b"] }));
        const packed = packValue(manager, value, { over: 0, limit: 2048, keep: ["a", "b"] });
        const refused = await packed.then(
          () => undefined,
          (error: unknown) => error,
        );
        if (refused !== undefined) {
          expect(refused).toMatchObject({ code: "LIMIT_EXCEEDED" });
          expect(kept).toBeGreaterThan(900); // the rest has 1,024 bytes, and the envelope some
          return;
        }
        const travelling = JSON.stringify(await packed);
        expect(Buffer.byteLength(travelling)).toBeLessThanOrEqual(2048);
        const arrived = JSON.parse(travelling) as Record<string, unknown>;
        for (const name of ["a", "b"]) {
          const escaped = JSON.stringify(value[name] ?? null).replaceAll('"$storageBody"', '"$$$$storageBody"');
          expect(JSON.stringify(arrived[name] ?? null)).toBe(escaped);
        }
        expect(JSON.stringify(await openValue(manager, arrived))).toBe(text);
        expect(JSON.stringify((await openMerged(manager, arrived)).value)).toBe(text);
        expect((await offloader.unpack({ body: travelling, attributes: new Map() })).body).toBe(text);
      }),
      { numRuns: 50, examples: [[{ a: { a: "x".repeat(100), $storageBody: "y" }, c: "z".repeat(500) }, 0]] },
    );
  });

  it("say which keys are too large to stay, before anything is stored", async () => {
    const store = new RecordingStore();
    const value = { order: longText("o", 1500), rest: longText("r", 5000) };
    const failure = await failureOf(packValue(newManager({ store }), value, { limit: 2048, keep: ["order"] }));
    expect(failure).toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: expect.stringContaining("keep: order") as string,
    });
    expect(store.calls).toEqual([]);
  });

  it("write what a message offloader opens", async () => {
    const manager = newManager();
    const offloader = new MessageOffloader({ manager, channel: "c", rules: rules.sqs, ttl: "never" });
    const body = JSON.stringify(await packValue(manager, large, { over: 100 }));
    expect((await offloader.unpack({ body, attributes: new Map() })).body).toBe(JSON.stringify(large));
  });

  it("refuse what they can't open", async () => {
    const manager = newManager();
    const offloader = new MessageOffloader({ manager, channel: "c", rules: rules.sqs, ttl: "never", compress: gzip() });
    const { body } = await offloader.pack({ body: JSON.stringify("a".repeat(2_000_000)), attributes: new Map() });
    expect(await failureOf(openValue(manager, JSON.parse(body as string)))).toMatchObject({ code: "UNSUPPORTED" });
    const later = { $storageEnvelope: { v: 2 } };
    expect(await failureOf(openValue(manager, later))).toMatchObject({ code: "UNSUPPORTED" });
    const damaged = { $storageEnvelope: { v: 1, form: "json" } };
    expect(await failureOf(openValue(manager, damaged))).toMatchObject({ code: "DECODE_FAILED" });
  });

  it("check by the schema of the call, packed or not", async () => {
    const manager = newManager();
    const options = { schema: z.object({ id: z.number() }) };
    for (const value of [large, await packValue(manager, large, { over: 10 })]) {
      const { id } = await openValue(manager, value, options);
      expect(id).toBe(1);
      const failure = await failureOf(openValue(manager, value, { schema: z.string() }));
      expect(failure.code).toBe("SCHEMA_MISMATCH");
    }
  });

  it("let resolvers act only where they are asked for", async () => {
    const resolver = { key: "$storageSecret", resolve: () => Promise.resolve("R") };
    const manager = newManager({ resolvers: [resolver] });
    const forged = { ...((await packValue(manager, large, { over: 10 })) as object), id: { $storageSecret: 1 } };
    expect(await openValue(manager, forged)).toMatchObject({ id: { $storageSecret: 1 } });
    expect(await openValue(manager, forged, { resolvers: undefined })).toMatchObject({ id: { $storageSecret: 1 } });
    expect(await openValue(manager, forged, { resolvers: true })).toMatchObject({ id: "R" });
  });

  it("are given up when their signal fires, also when there is nothing to do", async () => {
    const signal = AbortSignal.abort("no");
    expect((await failureOf(packValue(newManager(), 1, { signal }))).code).toBe("ABORTED");
    expect((await failureOf(openValue(newManager(), 1, { signal }))).code).toBe("ABORTED");
  });

  it.each([{ limit: 2047 }, { over: -1 }, { scope: "" }, { ttl: -1 }, { keep: ["$a"] }, { keep: ["7"] }])(
    "refuse wrong options: %j",
    async (options) => {
      const failure = await failureOf(packValue(newManager(), 1, options));
      expect(failure).toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining(Object.keys(options)[0]!) as string,
      });
    },
  );

  it("fail as dehydrate does, and end the streams of the value", async () => {
    const ended: unknown[] = [];
    const stream = new ReadableStream({ cancel: (reason) => void ended.push(reason) });
    const failure = await failureOf(packValue(newManager(), { stream, wrong: 1n }));
    expect(failure).toMatchObject({ code: "UNSERIALIZABLE", message: expect.stringContaining("$.wrong") as string });
    expect(ended).toHaveLength(1);
  });
});
