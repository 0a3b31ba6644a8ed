import fc from "fast-check";
import { z } from "zod";
import { MemoryStore, SchemaRegistry, StorageManager, type StorageReference } from "../../src/index.js";
import { parseSelector, select } from "../../src/reference/selector.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";

const order = {
  id: 7,
  customer: { name: "Ada", notes: longText("n") },
  items: [{ id: 1, picture: Buffer.from("one") }, { id: 2 }, { id: 3, text: longText("t") }],
  $storageX: "escaped",
};

async function dehydrated(options: object = {}) {
  const store = new RecordingStore();
  const manager = new StorageManager({ store, ...options });
  return { store, manager, message: (await manager.dehydrate(order, { scope: "s" })) as Record<string, unknown> };
}

describe("pick", () => {
  it.each([
    ["inline parts", {}],
    ["a whole that left", { maxEnvelopeSize: 1024, maxInlineSize: 100 }],
    ["the dialect of BubuStack", { dialect: "bubustack" }],
  ])("gives what hydrate and select would give: %s", async (_, options) => {
    const { manager, message } = await dehydrated(options);
    const whole = await manager.hydrate(message);
    for (const path of [
      "",
      "id",
      "customer",
      "customer.name",
      "items[*].id",
      "items[*].text",
      "items[0].picture",
      "items",
    ]) {
      expect(await manager.pick(message, path)).toEqual(select(whole, parseSelector(path)));
    }
    expect(await manager.pick(message, "$storageX")).toBe("escaped");
  });

  it("reads nothing for a part that is inline, and only what lies on the way for others", async () => {
    const { store, manager, message } = await dehydrated({ pack: false });
    expect(await manager.pick(message, "customer.name")).toBe("Ada");
    expect(await manager.pick(message, "items[*].id")).toEqual([1, 2, 3]);
    expect(store.paths("read")).toEqual([]);
    expect(await manager.pick(message, "items[0].picture")).toEqual(new Uint8Array(Buffer.from("one")));
    expect(store.paths("read")).toHaveLength(1);
  });

  it("does not mind what lies beside: dead, too large, denied, spoilt", async () => {
    const { manager, message } = await dehydrated();
    const dead: StorageReference = {
      $storageRef: "outputs/s/gone.json",
      $storageContentType: "application/json",
      $storageSize: 1_000_000_000_000,
      $storageDigest: `sha256-${"A".repeat(43)}`,
    };
    const beside = { ...message, a: dead, b: { ...dead, $storageRef: "elsewhere/a" }, c: { ...dead, foreign: 1 } };
    expect((await failureOf(manager.hydrate(beside))).code).toBe("REFERENCE_DENIED");
    expect(await manager.pick(beside, "customer.notes")).toBe(order.customer.notes);
    expect(
      await manager.pick(
        [
          { id: 1, x: dead },
          { id: 2, x: beside.c },
        ],
        "[*].id",
      ),
    ).toEqual([1, 2]);
    expect((await failureOf(manager.pick(beside, "a"))).code).toBe("BUDGET_EXCEEDED");
    expect((await failureOf(manager.pick(beside, "b.x"))).code).toBe("REFERENCE_DENIED");
    expect((await failureOf(manager.pick(beside, "c.x"))).code).toBe("INVALID_REFERENCE");
  });

  it("gives null for what is missing under [*], and an error elsewhere", async () => {
    const { manager, message } = await dehydrated();
    expect(await manager.pick(message, "items[*].nothing")).toEqual([null, null, null]);
    for (const path of ["nothing", "items[3]", "id.x", "items[-1]", "items[", "customer[*]"]) {
      expect((await failureOf(manager.pick(message, path))).code).toBe("INVALID_REFERENCE");
    }
    expect((await failureOf(manager.pick(message, 1 as unknown as string))).code).toBe("INVALID_REFERENCE");
    expect((await failureOf(manager.pick(undefined, "a"))).code).toBe("INVALID_REFERENCE");
    expect(await manager.pick(undefined, "")).toBeUndefined();
  });

  it("takes a part of what a reference selects", async () => {
    const { manager, message } = await dehydrated({ maxEnvelopeSize: 1024, maxInlineSize: 100, maxRecursionDepth: 0 });
    const reference = message as unknown as StorageReference;
    expect(await manager.pick(manager.select(reference, "items"), "[1].id")).toBe(2);
    expect(await manager.pick({ ...reference, $storagePath: "items[*].id" }, "[2]")).toBe(3);
  });

  it("shares nothing with the payload", async () => {
    const { manager, message } = await dehydrated();
    const picked = await manager.pick<{ id: number }[]>(message, "items");
    picked[0]!.id = 100;
    expect((message["items"] as { id: number }[])[0]!.id).toBe(1);
  });

  it("validates the part by the schema of the call, and the whole by a registered one", async () => {
    const { manager, message } = await dehydrated();
    expect(await manager.pick(message, "id", { schema: z.number() })).toBe(7);
    expect((await failureOf(manager.pick(message, "id", { schema: z.string() }))).code).toBe("SCHEMA_MISMATCH");
    const schemas = new SchemaRegistry();
    schemas.register("order", "1", z.object({ id: z.number(), text: z.string() }));
    const tagged = new StorageManager({ store: new MemoryStore(), schemas, dialect: "bubustack" });
    const options = { scope: "a", schema: "order", schemaVersion: "1" };
    const parts = await tagged.dehydrate({ id: 1, text: longText("a") }, options);
    expect(await tagged.pick(parts, "text")).toBe(longText("a"));
    const wrong = await tagged.dehydrate(
      { text: longText("a") },
      { ...options, maxEnvelopeSize: 1024, maxRecursionDepth: 0 },
    );
    expect((await failureOf(tagged.pick(wrong, "text"))).code).toBe("SCHEMA_MISMATCH");
  });

  it("is given up when its signal fires, also when nothing is to be read", async () => {
    const { manager, message } = await dehydrated();
    expect((await failureOf(manager.pick(message, "id", { signal: AbortSignal.abort("no") }))).code).toBe("ABORTED");
  });

  it("gives what hydrate and select would give, whatever the payload", async () => {
    const key = fc.constantFrom("a", "b", "$storageRef", "c.d", "");
    const payload = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string({ maxLength: 30 }),
        fc.integer(),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(key, tie("value"), { maxKeys: 3 }),
      ),
    })).value;
    const step = fc.oneof(
      key.map((name) => `[${JSON.stringify(name)}]`),
      fc.constantFrom("[*]", "[0]", "[1]"),
    );
    const manager = new StorageManager({ store: new MemoryStore(), maxInlineSize: 12, maxEnvelopeSize: 1024 });
    await fc.assert(
      fc.asyncProperty(payload, fc.array(step, { maxLength: 4 }), async (value, steps) => {
        const path = steps.join("");
        const message = await manager.dehydrate(value);
        let expected: unknown;
        try {
          expected = select(JSON.parse(JSON.stringify(value)), parseSelector(path));
        } catch {
          expect((await failureOf(manager.pick(message, path))).code).toBe("INVALID_REFERENCE");
          return;
        }
        expect(await manager.pick(message, path)).toEqual(expected);
      }),
    );
  });
});
