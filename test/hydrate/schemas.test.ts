import { getEventListeners } from "node:events";
import { z } from "zod";
import type { StandardSchemaV1 } from "../../src/index.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { SchemaRegistry } from "../../src/schemas/schema-registry.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { put, putJson, storedJson } from "../support/stored.js";
import { turn } from "../support/turn.js";

const ORDER_1 = z.strictObject({ id: z.number(), note: z.string() });
const ORDER_2 = z.strictObject({ id: z.string(), note: z.string() });

function orders(): SchemaRegistry {
  return new SchemaRegistry()
    .register("order", "1", ORDER_1)
    .register("order", "2", ORDER_2)
    .upgrade("order", "1", "2", (order: z.infer<typeof ORDER_1>) => ({ ...order, id: String(order.id) }));
}

/** A schema that hangs until it is let go. */
function hangingSchema() {
  let begun: () => void = () => undefined;
  let finish: () => void = () => undefined;
  const started = new Promise<void>((resolve) => (begun = resolve));
  const schema: StandardSchemaV1 = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value) => {
        begun();
        return new Promise((resolve) => (finish = () => resolve({ value })));
      },
    },
  };
  return { schema, started, finish: () => finish() };
}

describe("the schema of a hydration", () => {
  const manager = new StorageManager({ store: new MemoryStore() });
  const order = { id: 7, note: longText("a") };

  it("validates what was hydrated, types it, and may transform it", async () => {
    const message = await manager.dehydrate(order);
    const hydrated = await manager.hydrate(message, { schema: ORDER_1 });
    // What follows compiles only if the schema typed the result.
    const { id, note }: { id: number; note: string } = hydrated;
    // @ts-expect-error: there is no such field
    expect(hydrated.missing).toBeUndefined();
    expect({ id, note }).toEqual(order);
    const toDate = z.object({ id: z.number().transform((value) => new Date(value)), note: z.string().length(1500) });
    const transformed = await manager.hydrate(message, { schema: toDate });
    const date: Date = transformed.id;
    expect(date).toEqual(new Date(7));
  });

  it("types the result by what the caller says, and by nothing else, without one", async () => {
    const typed = await manager.hydrate<{ a: number }>({ a: 1 });
    expect(typed.a.toFixed(1)).toBe("1.0");
    const untyped = await manager.hydrate({ a: 1 });
    // @ts-expect-error: the result is unknown
    expect(untyped.a).toBe(1);
  });

  it("refuses what does not match, and names the places, not the values", async () => {
    const message = await manager.dehydrate({ ...order, id: "secret value" });
    const error = await failureOf(manager.hydrate(message, { schema: ORDER_1 }));
    expect(error).toMatchObject({ code: "SCHEMA_MISMATCH", message: expect.stringContaining("id") });
    expect(error.message).not.toContain("secret value");
  });

  it("takes any Standard Schema, asynchronous ones too", async () => {
    const even: StandardSchemaV1<unknown, number> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: async (value) => {
          await turn();
          return typeof value === "number" ? { value: value * 2 } : { issues: [{ message: "not a number" }] };
        },
      },
    };
    const doubled: number = await manager.hydrate(21, { schema: even });
    expect(doubled).toBe(42);
    expect((await failureOf(manager.hydrate("21", { schema: even }))).code).toBe("SCHEMA_MISMATCH");
  });

  it("sees undefined", async () => {
    await expect(manager.hydrate(undefined, { schema: z.string().default("none") })).resolves.toBe("none");
    expect((await failureOf(manager.hydrate(undefined, { schema: z.string() }))).code).toBe("SCHEMA_MISMATCH");
  });

  it("does not keep the call from being aborted", async () => {
    const { schema, started, finish } = hangingSchema();
    const controller = new AbortController();
    const call = failureOf(manager.hydrate(1, { schema, signal: controller.signal }));
    await started;
    controller.abort("enough");
    expect(await call).toMatchObject({ code: "ABORTED", cause: "enough" });
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    finish();
    await turn();
  });
});

describe("the schemas of a manager", () => {
  const store = new MemoryStore();
  const schemas = orders();
  const manager = new StorageManager({ store, schemas });
  const tag = (schemaVersion?: string) => ({ schema: "order", schemaVersion });

  it("validate a tagged payload that left whole, and upgrade one of an older version", async () => {
    // No value of it leaves by itself.
    const note = longText("", 1010);
    const current = await manager.dehydrate({ id: "7", note }, tag("2"));
    const older = await manager.dehydrate({ id: 7, note }, tag("1"));
    expect(current).toHaveProperty("$storageSchema", "order");
    for (const message of [current, older]) await expect(manager.hydrate(message)).resolves.toEqual({ id: "7", note });
  });

  it("refuse a tagged payload that does not match, or has no way to the current version", async () => {
    const note = longText("", 1010);
    const wrong = await manager.dehydrate({ id: 7, note }, tag("2"));
    const newer = await manager.dehydrate({ id: "7", note }, tag("3"));
    for (const message of [wrong, newer]) {
      expect((await failureOf(manager.hydrate(message))).code).toBe("SCHEMA_MISMATCH");
    }
  });

  it("are not asked about schemas that they do not know, nor without a tag", async () => {
    const value = { id: null, note: longText("", 1010) };
    const unknown = await manager.dehydrate(value, { schema: "invoice" });
    const untagged = await manager.dehydrate(value);
    for (const message of [unknown, untagged]) await expect(manager.hydrate(message)).resolves.toEqual(value);
    const without = new StorageManager({ store });
    await expect(without.hydrate(await manager.dehydrate(value, tag("2")))).resolves.toEqual(value);
  });

  it("are for whole payloads: the parts that left carry the tag and are not validated by it", async () => {
    const message = (await manager.dehydrate({ id: "7", note: longText("a") }, tag("2"))) as { note: StorageReference };
    expect(message.note).toMatchObject({ $storageSchema: "order", $storageSchemaVersion: "2" });
    await expect(manager.hydrate(message)).resolves.toEqual({ id: "7", note: longText("a") });
    await expect(manager.hydrate([message, message.note])).resolves.toHaveLength(2);
  });

  it("validate at every place of an object, before its part is selected, with what is inside of it", async () => {
    const inner = await putJson(store, longText("the note"));
    const bytes = Buffer.from(
      `{"contentType":"json","schema":"order","schemaVersion":"1","data":{"id":7,"note":${JSON.stringify(inner)}}}`,
    );
    const order = await put(store, bytes);
    const upgraded = { id: "7", note: longText("the note") };
    const outer = await putJson(store, { order: [order] });
    const value = { order, id: { ...order, $storagePath: "id" }, deep: [{ outer }] };
    await expect(manager.hydrate(value)).resolves.toEqual({
      order: upgraded,
      id: "7",
      deep: [{ outer: { order: [upgraded] } }],
    });
  });

  it("validate a payload of BubuStack by the tag of its reference, and its parts not at all", async () => {
    const bubustack = new StorageManager({ store, schemas, dialect: "bubustack" });
    const whole = await bubustack.dehydrate({ id: 7, note: longText("", 1010) }, { ...tag("1"), scope: "b/1" });
    await expect(bubustack.hydrate(whole)).resolves.toMatchObject({ id: "7" });
    await store.write("outputs/go/step/output.json", storedJson({ id: 7, note: "by Go" })); // no tag in the object
    const fromGo = {
      $bubuStorageRef: "outputs/go/step/output.json",
      $bubuStorageSchema: "order",
      $bubuStorageSchemaVersion: "1",
    };
    await expect(manager.hydrate(fromGo)).resolves.toEqual({ id: "7", note: "by Go" });
    await store.write("outputs/go/step/note.json", storedJson("a part"));
    const part = { ...fromGo, $bubuStorageRef: "outputs/go/step/note.json" };
    await expect(manager.hydrate({ id: 7, note: part })).resolves.toEqual({ id: 7, note: "a part" });
    expect((await failureOf(manager.hydrate({ ...fromGo, $bubuStorageSchemaVersion: "9" }))).code).toBe(
      "SCHEMA_MISMATCH",
    );
  });

  it("run before the schema of the call", async () => {
    const message = await manager.dehydrate({ id: 7, note: longText("", 1010) }, tag("1"));
    await expect(manager.hydrate(message, { schema: ORDER_2 })).resolves.toMatchObject({ id: "7" });
    expect((await failureOf(manager.hydrate(message, { schema: ORDER_1 }))).code).toBe("SCHEMA_MISMATCH");
  });

  it("do not keep the call from being aborted, nor from ending in time", async () => {
    const { schema, started } = hangingSchema();
    const hanging = new StorageManager({ store, schemas: new SchemaRegistry().register("order", "1", schema) });
    const message = await hanging.dehydrate({ id: 7, note: longText("", 1010) }, tag("1"));
    const controller = new AbortController();
    const call = failureOf(hanging.hydrate(message, { signal: controller.signal }));
    await started;
    controller.abort("enough");
    expect(await call).toMatchObject({ code: "ABORTED", cause: "enough" });
  });
});
