import { inspect } from "node:util";
import { Writable } from "node:stream";
import fc from "fast-check";
import pino from "pino";
import { z } from "zod";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { SchemaRegistry } from "../../src/schemas/schema-registry.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import type { StorageError } from "../../src/errors/error.js";
import { objectsOf, putJson, put } from "../support/stored.js";

// Marks all that must not come out: values of payloads, their keys, and what references say.
const [VALUE, KEY, REFERENCE] = ["MARKED-VALUE", "MARKED-KEY", "MARKED-REFERENCE"];

/** Writes down all that a manager tells anyone but the caller of a call that succeeds. */
function listenedTo(options: object = {}) {
  const told: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      told.push(chunk.toString());
      callback();
    },
  });
  const store = new MemoryStore();
  const manager = new StorageManager({
    store,
    logger: pino({ level: "trace" }, stream),
    observer: (event) => told.push(JSON.stringify(event), inspect(event, { depth: Infinity })),
    ...options,
  });
  const hear = async (call: Promise<unknown>): Promise<StorageError | undefined> => {
    try {
      await call;
      return undefined;
    } catch (error) {
      const { message, stack } = error as Error;
      told.push(message, stack ?? "", inspect(error, { depth: Infinity, showHidden: true }), JSON.stringify(error));
      return error as StorageError;
    }
  };
  const heard = () => {
    const everything = { depth: Infinity, showHidden: true, showProxy: true, getters: false };
    told.push(inspect(manager, everything), inspect(store), JSON.stringify(manager));
    return told.join("\n");
  };
  return { manager, store, hear, heard };
}

const text = fc.string({ maxLength: 300 }).map((padding) => VALUE + padding);
const leaf = fc.oneof(
  text,
  text.map((value) => Buffer.from(value)),
  fc.constant(1n),
  fc.constant(null),
);
const { payload } = fc.letrec<{ payload: unknown }>((tie) => ({
  payload: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("payload"), { maxLength: 5 }),
    fc.dictionary(
      fc.string().map((name) => KEY + name),
      tie("payload"),
      { maxKeys: 5 },
    ),
    fc.record({ $storageRef: fc.constant(REFERENCE), $storageSize: text }),
  ),
}));

describe("nothing of a payload comes out", () => {
  it("when it is dehydrated, in events, logs and errors", async () => {
    const property = fc.asyncProperty(
      payload,
      fc.constantFrom("escape", "pass", "reject"),
      async (value, references) => {
        const { manager, hear, heard } = listenedTo({ maxInlineSize: 20 });
        const error = await hear(manager.dehydrate(value, { references, stepRunId: "step", scope: "s" }));
        const said = heard();
        expect(said).not.toContain(VALUE);
        expect(said).not.toContain(REFERENCE);
        // These say where in the payload the trouble is, and so must name its keys.
        if (error === undefined) expect(said).not.toContain(KEY);
        else expect(["UNSERIALIZABLE", "INVALID_REFERENCE"]).toContain(error.code);
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  it("when it is hydrated, also from objects that were changed, cut off or taken away", async () => {
    const change = fc.constantFrom<((bytes: Buffer) => Buffer | undefined)[]>(
      (bytes) => bytes.subarray(0, -5),
      (bytes) => Buffer.concat([bytes, Buffer.from(VALUE)]),
      (bytes) => Buffer.from(bytes.toString().replace(VALUE, VALUE.toLowerCase())),
      () => undefined,
      (bytes) => bytes,
    );
    const serializable = payload.map((value) => JSON.parse(JSON.stringify(value, noBigInts)) as unknown);
    const property = fc.asyncProperty(serializable, change, async (value, changed) => {
      const { manager, store, hear, heard } = listenedTo({ maxInlineSize: 20 });
      const message = await manager.dehydrate({ value });
      for (const [path, bytes] of await objectsOf(store)) {
        const now = changed(bytes);
        if (now === undefined) await store.delete(path);
        else await store.write(path, now);
      }
      await hear(manager.hydrate(message));
      for (const marker of [VALUE.toLowerCase(), VALUE, KEY, REFERENCE]) expect(heard()).not.toContain(marker);
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it.each<[string, object]>([
    ["an absolute path", { $storageRef: `/${REFERENCE}` }],
    ["a path outside", { $bubuStorageRef: `${REFERENCE}/a` }],
    ["a scheme", { $bubuStorageRef: `${REFERENCE}://container/a` }],
    ["a container", { $bubuStorageRef: `s3://${REFERENCE}/a` }],
    ["a wrong type", { $bubuStorageRef: "outputs/a", $bubuStorageContentType: [REFERENCE] }],
    ["a media type", { $bubuStorageRef: "outputs/a", $bubuStorageContentType: REFERENCE }],
    ["a selector", { $bubuStorageRef: "outputs/a", $bubuStoragePath: `a[${REFERENCE}]` }],
  ])("when a reference is refused for %s", async (_, reference) => {
    const { manager, hear, heard } = listenedTo();
    expect(await hear(manager.hydrate(reference))).toBeDefined();
    expect(await hear(manager.open(reference as never))).toBeDefined();
    await hear(manager.dehydrate([reference], { references: "pass" }));
    expect(heard()).not.toContain(REFERENCE);
  });

  it("when an encoding is unknown, a part is missing, or an object is none", async () => {
    const { manager, store, hear, heard } = listenedTo();
    const good = await putJson(store, { [KEY]: VALUE });
    const codes = [];
    for (const reference of [
      { ...good, $storageEncoding: REFERENCE.toLowerCase() },
      { ...good, $storagePath: REFERENCE },
      { ...good, $storagePath: `["${KEY}"].${REFERENCE}` },
      await put(store, Buffer.from(`{"contentType":"${VALUE}","data":"${VALUE}"}`)),
      await put(store, Buffer.from(`{"${KEY}":"${VALUE}"`)),
    ]) {
      codes.push((await hear(manager.hydrate(reference)))?.code);
    }
    expect(codes).toEqual([
      "DECODE_FAILED",
      "INVALID_REFERENCE",
      "INVALID_REFERENCE",
      "DECODE_FAILED",
      "DECODE_FAILED",
    ]);
    for (const marker of [VALUE, KEY, REFERENCE, REFERENCE.toLowerCase()]) expect(heard()).not.toContain(marker);
  });

  it("when a schema does not match", async () => {
    const schemas = new SchemaRegistry().register("order", "1", z.object({ id: z.literal("expected") }));
    const { manager, hear, heard } = listenedTo({ schemas });
    const message = await manager.dehydrate(
      { id: VALUE.repeat(100) },
      { schema: "order", schemaVersion: "1", maxRecursionDepth: 0 },
    );
    expect((await hear(manager.hydrate(message)))?.code).toBe("SCHEMA_MISMATCH");
    const enumeration = z.object({ id: z.enum(["a", "b"]) });
    expect((await hear(manager.hydrate({ id: VALUE }, { schema: enumeration })))?.code).toBe("SCHEMA_MISMATCH");
    expect(heard()).not.toContain(VALUE);
  });

  it("when options are wrong", async () => {
    const { manager, hear, heard } = listenedTo();
    expect(
      (await hear(manager.dehydrate(1, { scope: `/${VALUE}`, schema: VALUE, timeout: VALUE as never })))?.code,
    ).toBe("CONFIG_INVALID");
    expect((await hear(manager.hydrate(1, { allow: [`/${VALUE}`] })))?.code).toBe("CONFIG_INVALID");
    expect(heard()).not.toContain(VALUE);
  });

  it("in events, which hold no path of a user's own blobs either", async () => {
    const told: string[] = [];
    const manager = new StorageManager({
      store: new MemoryStore(),
      observer: (event) => told.push(JSON.stringify(event)),
    });
    await manager.writeBlob(`${KEY}/a`, VALUE, { contentType: "a/b", metadata: { a: VALUE } });
    await manager.readBlob(`${KEY}/a`);
    for await (const { size } of manager.list(KEY)) expect(size).toBe(VALUE.length);
    await manager.delete(`${KEY}/a`);
    expect(told).toHaveLength(4);
    expect(told.join()).not.toMatch(new RegExp(`${KEY}|${VALUE}`));
  });
});

function noBigInts(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? null : value;
}
