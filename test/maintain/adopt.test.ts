import { Readable } from "node:stream";
import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { gzip } from "../../src/codecs/gzip.js";
import type { StorageManagerOptions } from "../../src/configure/options.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { RoutingStore } from "../../src/store/compose/routing/routing-store.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { FakeClock } from "../../src/testing/fake-clock.js";
import { FaultStore } from "../../src/testing/fault-store.js";
import { longText } from "../support/payloads.js";
import { objectsOf } from "../support/stored.js";
import { storageError } from "../store/storage-error.js";

const HOUR = 3_600_000;
const signing = { keys: { k: Buffer.alloc(32, 1) }, activeKeyId: "k" };
const encrypted = [gzip(), aes256gcm({ keys: { k: Buffer.alloc(32, 2) }, activeKeyId: "k" })];

const refsOf = (value: unknown) =>
  [...JSON.stringify(value).matchAll(/"\$(?:storage|bubuStorage)Ref":"([^"]*)"/g)].map(([, ref]) => ref!);

const payload = () => ({
  text: longText("t", 3000),
  json: { $storageRef: "not one", list: [longText("j", 900), longText("k", 900)] },
  bytes: Buffer.from("bytes"),
  blob: new Blob([Buffer.from("an image")], { type: "image/png" }),
  stream: Readable.from([Buffer.from("in "), "parts"]),
  small: 1,
});

describe("adopt", () => {
  it.each<[string, StorageManagerOptions]>([
    ["compressed", { codecs: [gzip()] }],
    ["encrypted", { codecs: encrypted, signing }],
  ])("keeps texts that no UTF-8 can hold: %s", async (_, options) => {
    const manager = new StorageManager({ store: new MemoryStore(), ...options });
    const texts = { raw: "\ud800".repeat(3000), json: Array.from({ length: 500 }, () => "\udc00"), own: "\ud800" };
    const ticket = await manager.dehydrate(texts, { scope: "first" });
    const adopted = await manager.adopt(ticket, { scope: "second" });
    await manager.release("first");
    expect(await manager.hydrate(adopted)).toEqual(texts);
  });

  it("takes a text whose reference does not say that it is one", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, dialect: "bubustack" });
    const { text } = (await manager.dehydrate({ text: longText("t") }, { scope: "a" })) as Record<string, object>;
    const reference = { $bubuStorageRef: (text as { $bubuStorageRef: string }).$bubuStorageRef };
    const adopted = await manager.adopt<unknown>([reference], { scope: "b" });
    await manager.release("a");
    expect(await manager.hydrate(adopted)).toEqual([longText("t")]);
  });

  it.each<[string, StorageManagerOptions]>([
    ["packs", {}],
    ["objects", { pack: false }],
    ["compressed", { codecs: [gzip()] }],
    ["signed", { signing }],
    ["encrypted", { codecs: encrypted, signing }],
  ])("gives an envelope that outlives its first scope: %s", async (_, options) => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, ...options });
    const first = await manager.dehydrate(payload(), { scope: "first", schema: "order", schemaVersion: "2" });
    const whole = await manager.hydrate(first);
    const before = structuredClone(first);
    const own = await manager.adopt(first, { scope: "own" });
    expect(first).toEqual(before);
    await manager.release("first");
    expect(await manager.hydrate(own)).toEqual(whole);
    expect(refsOf(own).every((ref) => ref.startsWith("outputs/own/"))).toBe(true);
    expect(refsOf(own)).toHaveLength(refsOf(first).length);
    expect(own).toMatchObject({ blob: { $storageContentType: "image/png", $storageSchema: "order" } });
    expect((await manager.verify(own)).problems).toEqual([]);
    // Once more: nothing is to be done.
    expect(await manager.adopt(own, { scope: "own" })).toEqual(own);
  });

  it("copies an object once, and reads no binary, where bytes can be used as they are", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const bytes = await manager.dehydrate(Buffer.alloc(50_000), { scope: "first" });
    const read = jest.spyOn(store, "read");
    const copy = jest.spyOn(store, "copy");
    const own = await manager.adopt([bytes, bytes, { bytes }], { scope: "own" });
    expect(copy).toHaveBeenCalledTimes(1);
    expect(read).not.toHaveBeenCalled();
    expect(await manager.hydrate(own)).toHaveLength(3);
  });

  it("copies by read and write where the store can't copy", async () => {
    const memory = new MemoryStore();
    const manager = new StorageManager({ store: memory });
    const first = await manager.dehydrate(payload(), { scope: "first" });
    const poor = new Proxy(memory, {
      get: (target, key) => {
        if (key === "capability") return { ...target.capability, copy: false };
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    const own = await new StorageManager({ store: poor }).adopt(first, { scope: "own" });
    await manager.release("first");
    expect(await manager.hydrate(own)).toMatchObject({ small: 1 });
  });

  it("adopts what stored values refer to, at any depth, and keeps what was selected", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, references: "pass" });
    const inner = await manager.dehydrate(longText("inner", 2000), { scope: "inner" });
    const middle = await manager.dehydrate(
      { inner, pad: longText("p", 1000), $$storageRef: "data" },
      { scope: "middle", maxInlineSize: 500 },
    );
    const outer = (await manager.dehydrate([{ middle, pad: longText("q", 1000) }, longText("r", 1000)], {
      scope: "outer",
    })) as StorageReference;
    const part = manager.select(
      (await manager.dehydrate(
        { a: { b: longText("s", 2000) } },
        { scope: "outer", maxRecursionDepth: 0 },
      )) as StorageReference,
      "a.b",
    );
    const envelope = { outer, part };
    const whole = await manager.hydrate(envelope);
    const own = await manager.adopt(envelope, { scope: "own" });
    for (const scope of ["inner", "middle", "outer"]) await manager.release(scope);
    expect(await manager.hydrate(own)).toEqual(whole);
  });

  it("gives a ttl, and takes references of other prefixes that may be read", async () => {
    const store = new MemoryStore();
    const clock = new FakeClock(Date.parse("2026-11-28T14:20:00Z"));
    const manager = new StorageManager({ store, allow: ["shared"], retention: { clock } });
    const shared = await manager.dehydrate(longText("a"), { scope: "s", prefix: "shared" });
    const own = await manager.adopt(shared, { scope: "own", ttl: 5 * HOUR });
    expect(refsOf(own)[0]).toMatch(/^outputs\/own\/@2026-11-28T20\//);
    await expect(manager.adopt({ $bubuStorageRef: "elsewhere/x.json" }, { scope: "own" })).rejects.toThrow(
      storageError({ code: "REFERENCE_DENIED" }),
    );
  });

  it("keeps references of bubustack apart, whose names say where they stood", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, dialect: "bubustack" });
    const a = await manager.dehydrate({ x: longText("a") }, { scope: "a" });
    const b = await manager.dehydrate({ x: longText("b") }, { scope: "b" });
    const own = await manager.adopt([a, b], { scope: "own" });
    await manager.release("a");
    await manager.release("b");
    expect(await manager.hydrate(own)).toEqual([{ x: longText("a") }, { x: longText("b") }]);
    await manager.release("own");
    expect((await objectsOf(store)).size).toBe(0);
  });

  it("refuses a reference that nobody signed, and what is missing", async () => {
    const manager = new StorageManager({ store: new MemoryStore(), signing });
    const good = (await manager.dehydrate(longText("a"), { scope: "a" })) as StorageReference;
    const forged = { ...good, $storageSize: 1 };
    await expect(manager.adopt(forged, { scope: "own" })).rejects.toThrow(storageError({ code: "SIGNATURE_INVALID" }));
    await manager.release("a");
    await expect(manager.adopt(good, { scope: "own" })).rejects.toThrow(storageError({ code: "NOT_FOUND" }));
    await expect(manager.adopt(good, { scope: "a//b" })).rejects.toThrow(storageError({ code: "CONFIG_INVALID" }));
    await expect(manager.adopt(good, {} as never)).rejects.toThrow(storageError({ code: "CONFIG_INVALID" }));
  });
});

describe('references: "adopt"', () => {
  it("makes the references in a payload those of the call, beside what leaves by itself", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, references: "adopt" });
    const first = await manager.dehydrate(longText("first"), { scope: "first" });
    const value = { first, own: longText("own"), bytes: Buffer.alloc(10), when: new Date(0) };
    const second = await manager.dehydrate(value, { scope: "second" });
    const inputs = await manager.dehydrateInputs({ first });
    await manager.release("first");
    const expected = { first: longText("first"), own: longText("own"), when: "1970-01-01T00:00:00.000Z" };
    expect(await manager.hydrate(second)).toMatchObject(expected);
    expect(await manager.hydrate(inputs)).toEqual({ first: longText("first") });
    expect(refsOf(inputs)[0]).toMatch(/^inputs\//);
    expect(manager.plan({ first }).entries).toEqual([]);
  });

  it("is TIMEOUT when both halves together take longer than one call, since what was adopted first may be over", async () => {
    const clock = new FakeClock(Date.parse("2026-11-28T14:00:00Z"));
    const store = new MemoryStore();
    const first = await new StorageManager({ store }).dehydrate(longText("a"), { scope: "first" });
    for (const operation of ["copy", "write"] as const) {
      const act = store[operation].bind(store) as (...args: unknown[]) => Promise<never>;
      jest.spyOn(store, operation).mockImplementation(async (...args: unknown[]) => {
        const info = await act(...args);
        await clock.advance(1.5 * HOUR);
        return info;
      });
    }
    const manager = new StorageManager({ store, timeout: 2 * HOUR, retention: { clock, ttl: 3 * HOUR } });
    await expect(manager.dehydrate([first, longText("b")], { references: "adopt" })).rejects.toThrow(
      storageError({ code: "TIMEOUT" }),
    );
    expect([...(await objectsOf(store)).keys()]).toEqual([(first as StorageReference).$storageRef]);
  });

  it("leaves nothing of a call that failed, in a scope that nobody knows, and ends its streams", async () => {
    const memory = new MemoryStore();
    const manager = new StorageManager({ store: memory });
    const first = await manager.dehydrate(longText("first"), { scope: "first" });
    const faults = [{ on: "write" as const, fault: { error: "UNAVAILABLE" as const } }];
    const broken = new StorageManager({ store: new FaultStore(memory, { faults }), references: "adopt" });
    const stream = Readable.from(["x"]);
    await expect(broken.dehydrate({ first, big: longText("b"), stream })).rejects.toThrow(
      storageError({ code: "UNAVAILABLE" }),
    );
    expect(stream.destroyed).toBe(true);
    expect((await objectsOf(memory)).size).toBe(1);
    const unread = Readable.from(["x"]);
    const forged = { ...(first as object), $storageRef: "elsewhere/x.json" };
    await expect(broken.dehydrate({ forged, unread })).rejects.toThrow(storageError({ code: "REFERENCE_DENIED" }));
    expect(unread.destroyed).toBe(true);
  });
});

describe("a hostile or unlucky adoption", () => {
  const plain = (data: unknown) => JSON.stringify({ contentType: "json", data });
  const to = (name: string) => ({ $bubuStorageRef: `outputs/h/${name}.json` });

  it("refuses references that lead back to themselves, before anything is copied", async () => {
    const store = new MemoryStore();
    await store.write("outputs/h/a.json", plain({ next: to("b") }));
    await store.write("outputs/h/b.json", plain({ next: to("a") }));
    await expect(new StorageManager({ store }).adopt(to("a"), { scope: "own" })).rejects.toThrow(
      storageError({ code: "CYCLIC_REFERENCE" }),
    );
    expect((await objectsOf(store)).size).toBe(2);
  });

  it("follows no chain that is longer than hydration would", async () => {
    const store = new MemoryStore();
    for (let i = 0; i < 20; i++) await store.write(`outputs/h/${i}.json`, plain(i === 19 ? "end" : to(String(i + 1))));
    const manager = new StorageManager({ store });
    await expect(manager.hydrate(to("0"))).rejects.toThrow(storageError({ code: "RECURSION_LIMIT" }));
    await expect(manager.adopt(to("0"), { scope: "own" })).rejects.toThrow(storageError({ code: "RECURSION_LIMIT" }));
    expect(await manager.adopt(to("15"), { scope: "own" })).toBeDefined();
  });

  it("reads each object once, however often it is referred to, and no more references than hydration would", async () => {
    const store = new MemoryStore();
    // Ten references to each of the next level: a hundred million in all.
    for (let i = 0; i < 8; i++) {
      await store.write(
        `outputs/h/${i}.json`,
        plain(i === 7 ? "end" : Array.from({ length: 10 }, () => to(String(i + 1)))),
      );
    }
    const read = jest.spyOn(store, "read");
    const manager = new StorageManager({ store });
    const own = await manager.adopt(to("0"), { scope: "own" });
    expect(read.mock.calls.filter(([path]) => path.startsWith("outputs/h/"))).toHaveLength(8);
    expect(own).toBeDefined();
    const many = Array.from({ length: 11 }, () => to("7"));
    await expect(new StorageManager({ store, maxReferences: 10 }).adopt(many, { scope: "own" })).rejects.toThrow(
      storageError({ code: "BUDGET_EXCEEDED" }),
    );
  });

  it("gives the places of one reference values of their own", async () => {
    const manager = new StorageManager({ store: new MemoryStore() });
    const first = await manager.dehydrate(longText("a"), { scope: "first" });
    const [a, b] = (await manager.adopt([first, first], { scope: "own" })) as object[];
    expect(a).toEqual(b);
    expect(a).not.toBe(b);
  });

  it("leaves what is of the scope already, with a label and by absolute paths too", async () => {
    const stores = { primary: new MemoryStore(), other: new MemoryStore() };
    const store = new RoutingStore({ primary: stores.primary, schemes: { mem: stores.other } });
    const clock = new FakeClock(Date.parse("2026-11-28T14:20:00Z"));
    const manager = new StorageManager({ store, outputPrefix: "mem://box/out", retention: { clock, ttl: 5 * HOUR } });
    const first = await manager.dehydrate(longText("a"), { scope: "own" });
    const copy = jest.spyOn(stores.other, "copy");
    expect(await manager.adopt(first, { scope: "own" })).toEqual(first);
    expect(copy).not.toHaveBeenCalled();
    expect(await manager.hydrate(await manager.adopt(first, { scope: "other" }))).toBe(longText("a"));
  });

  it("gives back what it copied into a scope that nobody knows, below the prefix of the call too", async () => {
    const memory = new MemoryStore();
    const manager = new StorageManager({ store: memory });
    const good = await manager.dehydrate(longText("a"), { scope: "first" });
    const missing = { ...((await manager.dehydrate(longText("b"), { scope: "gone" })) as object) };
    await manager.release("gone");
    for (const prefix of [undefined, "outputs/extra"]) {
      for (const concurrency of [1, 16]) {
        const adopting = new StorageManager({ store: memory, references: "adopt", concurrency });
        await expect(adopting.dehydrate([good, missing], { prefix })).rejects.toThrow(
          storageError({ code: "NOT_FOUND" }),
        );
        expect((await objectsOf(memory)).size).toBe(1);
      }
    }
  });
});
