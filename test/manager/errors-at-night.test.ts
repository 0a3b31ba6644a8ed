import { z } from "zod";
import {
  FileStore,
  MemoryStore,
  SchemaRegistry,
  StorageError,
  StorageManager,
  type StorageEvent,
  type StorageLogger,
  type StorageReference,
} from "../../src/index.js";
import { FaultStore } from "../../src/testing/index.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";

const REFERENCE = { scope: "run-42" };

async function lost(): Promise<{ manager: StorageManager; reference: StorageReference }> {
  const manager = new StorageManager({ store: new MemoryStore() });
  const reference = (await manager.dehydrate(longText("a"), REFERENCE)) as StorageReference;
  await manager.release("run-42");
  return { manager, reference };
}

describe("the message of an error, alone", () => {
  it("says code, store, path, what happened and what may be done", async () => {
    const { manager, reference } = await lost();
    const { message } = (await failureOf(manager.hydrate(reference))) as Error;
    expect(message).toContain("NOT_FOUND");
    expect(message).toContain('store "memory"');
    expect(message).toContain(reference.$storageRef);
    expect(message).toContain("deleted, released or ended by age");
  });

  it("says what to do about a budget and a signature", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const reference = await manager.dehydrate([longText("a"), longText("b")], REFERENCE);
    const messageOf = async (call: Promise<unknown>) => ((await failureOf(call)) as Error).message;
    expect(await messageOf(manager.hydrate(reference, { maxReferences: 1 }))).toContain(
      "Raise that limit if you trust",
    );
    expect(await messageOf(manager.hydrate(reference, { maxBytes: 10 }))).toContain("Raise that limit if you trust");
    const signing = { keys: { a: new Uint8Array(32).fill(7) }, activeKeyId: "a" };
    const signed = new StorageManager({ store: manager.store!, signing });
    expect(await messageOf(signed.hydrate(reference))).toContain("by a manager that signs");
  });

  it("says them of every store, and once", async () => {
    for (const store of [new MemoryStore(), new FileStore({ root: "/tmp/coatcheck-none" })]) {
      const { message } = (await failureOf(store.read("a/b"))) as Error;
      expect(message).toBe(
        "There is no such object: it was deleted, released or ended by age, or it was written to another store. " +
          `[NOT_FOUND, read, store "${store.name}", path "a/b"]`,
      );
    }
    const faulty = new FaultStore(new MemoryStore(), { faults: [{ on: "write", fault: { error: "UNAVAILABLE" } }] });
    const error = await failureOf(new StorageManager({ store: faulty }).dehydrate(longText("a"), REFERENCE));
    expect((error as Error).message.match(/UNAVAILABLE/g)).toHaveLength(1);
    expect((error as Error).message).toMatch(/path "outputs\/run-42\//);
  });

  it("says the code of what is wrong with options, payloads and references too", async () => {
    const schemas = new SchemaRegistry();
    schemas.register("order", "2", z.object({ id: z.number() }));
    const manager = new StorageManager({ store: new MemoryStore(), schemas, timeout: 50 });
    const order = { rows: longText("a") };
    const tagged = await manager.dehydrate(order, { schema: "order", schemaVersion: "2", maxRecursionDepth: 0 });
    const reference = (await manager.dehydrate(longText("a"))) as StorageReference;
    const without = new StorageManager({});
    const elsewhere = { ...reference, $storageRef: "other/a" };
    const calls: Record<string, () => unknown> = {
      CONFIG_INVALID: () => manager.dehydrate(1, { scop: "a" } as never),
      UNSERIALIZABLE: () => manager.dehydrate(1n),
      STORAGE_DISABLED: () => without.hydrate(reference),
      BUDGET_EXCEEDED: () => manager.hydrate(reference, { maxBytes: 1 }),
      REFERENCE_DENIED: () => manager.hydrate(elsewhere),
      UNKNOWN_SCHEME: () => manager.hydrate({ ...reference, $storageRef: "s4://a/b" }),
      INVALID_REFERENCE: () => manager.hydrate({ ...reference, $storageSize: -1 }),
      SCHEMA_MISMATCH: () => manager.hydrate(tagged),
      ABORTED: () => manager.hydrate(reference, { signal: AbortSignal.abort() }),
      TIMEOUT: () => manager.hydrate(1, { schema: z.custom(() => new Promise<boolean>(() => undefined)) }),
    };
    for (const [code, call] of Object.entries(calls)) {
      const error = await failureOf(Promise.resolve().then(call));
      expect([error.code, error.message.split(code).length]).toEqual([code, 2]);
    }
    const { message, path } = await failureOf(manager.hydrate(tagged));
    expect(message).toContain((tagged as unknown as StorageReference).$storageRef);
    expect(path).toBe((tagged as unknown as StorageReference).$storageRef);
    const selecting = await failureOf(manager.hydrate({ ...reference, $storagePath: "a" }));
    expect(selecting.message).toContain("[INVALID_REFERENCE, select]");
    const own = await failureOf(manager.hydrate(1, { schema: z.string() }));
    expect(own.message).toContain("[SCHEMA_MISMATCH, validate]");
  });

  it("is the text alone where nothing else is known, and names nothing twice", () => {
    expect(new StorageError("NOT_FOUND", "Gone.").message).toBe("Gone.");
    const details = { store: "s", path: "a" };
    expect(new StorageError("NOT_FOUND", "Gone.", details).message).toBe('Gone. [NOT_FOUND, store "s", path "a"]');
    expect(new StorageError("NOT_FOUND", 'NOT_FOUND of the store "s": a', details).message).toBe(
      'NOT_FOUND of the store "s": a',
    );
    const long = new StorageError("NOT_FOUND", "Gone.", { path: "x".repeat(5000) }).message;
    expect(long.length).toBeLessThan(1200);
  });
});

describe("the stack of an error", () => {
  it("has the line of the caller, of every method", async () => {
    const { manager, reference } = await lost();
    const store = new FaultStore(new MemoryStore(), { faults: [{ fault: { error: "UNAVAILABLE" } }] });
    const failing = new StorageManager({ store });
    const calls: Record<string, () => Promise<unknown>> = {
      async hydrate() {
        return await manager.hydrate(reference);
      },
      async dehydrate() {
        return await failing.dehydrate(longText("a"));
      },
      async open() {
        return await manager.open(reference);
      },
      async readBlob() {
        return await manager.readBlob("outputs/none");
      },
      async writeBlob() {
        return await failing.writeBlob("outputs/a", "a");
      },
      async release() {
        return await failing.release("a");
      },
      async check() {
        await failing.check();
      },
    };
    for (const [name, call] of Object.entries(calls)) {
      const { stack } = (await failureOf(call())) as Error;
      const lines = stack!.split("\n").filter((line) => line.includes("errors-at-night") && line.includes(` ${name} `));
      expect(lines).not.toEqual([]);
    }
  });
});

describe("what was forgotten", () => {
  function logged() {
    const warnings: string[] = [];
    const logger = {
      debug: () => undefined,
      warn: (_: object, message?: string) => void warnings.push(String(message)),
    } as unknown as StorageLogger;
    return { warnings, logger };
  }

  it('references: "pass" shows in the event, and once in the log', async () => {
    const { warnings, logger } = logged();
    const events: StorageEvent[] = [];
    const observer = (event: StorageEvent) => events.push(event);
    const manager = new StorageManager({ store: new MemoryStore(), logger, observer });
    const reference = await manager.dehydrate(longText("a"));
    for (let i = 0; i < 2; i++) await manager.dehydrate({ first: reference, second: [reference] });
    await manager.dehydrate({ reference }, { references: "pass" });
    expect(events.filter(({ operation }) => operation === "dehydrate").map(({ escaped }) => escaped)).toEqual([
      undefined,
      2,
      2,
      undefined,
    ]);
    expect(warnings).toEqual([expect.stringContaining('Say references: "pass"')]);
  });

  it("JSON.parse is told of once, for a text or bytes that hold references, which come back as they are", async () => {
    for (const form of [(text: string) => text, (text: string) => Buffer.from(text)]) {
      const { warnings, logger } = logged();
      const manager = new StorageManager({ store: new MemoryStore(), logger });
      const payload = form(JSON.stringify(await manager.dehydrate({ long: longText("a") })));
      for (const plain of ["torageRef", "{", '{"a":1}', '"$storageRef"', Buffer.from("[]")])
        await manager.hydrate(plain);
      expect(warnings).toEqual([]);
      for (let i = 0; i < 2; i++) expect(await manager.hydrate(payload)).toEqual(payload);
      expect(warnings).toEqual([expect.stringContaining("JSON.parse")]);
    }
  });
});
