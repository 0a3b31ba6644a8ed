import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { HeldStore } from "../support/held-store.js";
import { deepFreeze } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { put, putJson } from "../support/stored.js";
import { turn } from "../support/turn.js";

describe("hydrate", () => {
  it.each([undefined, null, true, 0, -0, "text", "", [], {}, [[], {}], { a: { b: [1, "c", null] } }])(
    "passes on what holds no reference: %j",
    async (value) => {
      const store = new RecordingStore();
      expect(await new StorageManager({ store }).hydrate(value)).toStrictEqual(value);
      expect(store.calls).toEqual([]);
    },
  );

  it("takes a large object with an escaped key in as many steps as it needs", async () => {
    const records = Array.from({ length: 50_000 }, (_, id) => ({ id }));
    const payload = [{ $storageRef: "a key of the user's" }, ...records];
    const manager = new StorageManager({ store: new MemoryStore() });
    expect(await manager.hydrate(await manager.dehydrate(payload))).toEqual(payload);
  });

  it("puts objects in the place of their references, of which objects may hold more", async () => {
    const store = new MemoryStore();
    const c = await putJson(store, "the innermost");
    const b = await putJson(store, { c, list: [1, c] });
    const a = await putJson(store, [b, { deeper: b }]);
    const bytes = await put(store, Buffer.of(1, 2), { contentType: "image/png" });
    const hydrated = await new StorageManager({ store }).hydrate({ a, more: [c, 7], bytes });
    const whole = { c: "the innermost", list: [1, "the innermost"] };
    expect(hydrated).toStrictEqual({
      a: [whole, { deeper: whole }],
      more: ["the innermost", 7],
      bytes: Uint8Array.of(1, 2),
    });
  });

  it("hydrates a reference that is the whole value, to a text, null and false too", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    for (const data of ["text", "", null, false, 0, [], {}]) {
      expect(await manager.hydrate(await putJson(store, data))).toStrictEqual(data);
    }
  });

  it("gives binary as a Uint8Array, not as a Buffer of the store's", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const hydrated = await manager.hydrate(await put(store, Buffer.from("abc"), { contentType: "a/b" }));
    expect(hydrated).toStrictEqual(new Uint8Array([97, 98, 99]));
    expect(Buffer.isBuffer(hydrated)).toBe(false);
    const json = new Blob(["{}"], { type: "application/json" });
    await expect(manager.hydrate(await manager.dehydrate(json))).resolves.toEqual(new Uint8Array([123, 125]));
    const text = new Blob(["text"], { type: "text/plain" });
    await expect(manager.hydrate(await manager.dehydrate(text))).resolves.toEqual(Uint8Array.from(Buffer.from("text")));
  });

  it("keeps the order of keys, whatever stands in their place", async () => {
    const store = new MemoryStore();
    const reference = await putJson(store, 1);
    const inner = await putJson(store, { z: reference, y: 2, x: reference });
    const hydrated = await new StorageManager({ store }).hydrate({ b: reference, a: inner, c: 3 });
    expect(JSON.stringify(hydrated)).toBe('{"b":1,"a":{"z":1,"y":2,"x":1},"c":3}');
  });

  it("leaves the input as it was, and shares nothing with it", async () => {
    const store = new MemoryStore();
    const input = deepFreeze({ list: [{ a: 1 }], reference: await putJson(store, { b: 2 }), inner: { c: { d: 3 } } });
    const before = JSON.stringify(input);
    const hydrated = await new StorageManager({ store }).hydrate<{
      list: { a: number }[];
      inner: { c: { d: number } };
    }>(input);
    expect(JSON.stringify(input)).toBe(before);
    expect(hydrated).not.toBe(input);
    expect(hydrated.list).not.toBe(input.list);
    expect(hydrated.list[0]).not.toBe(input.list[0]);
    expect(hydrated.inner.c).not.toBe(input.inner.c);
    hydrated.list[0]!.a = 9;
    hydrated.inner.c.d = 9;
    expect(JSON.stringify(input)).toBe(before);
  });

  it("takes a value that is hydrated in part, bytes included", async () => {
    const store = new MemoryStore();
    const bytes = Uint8Array.of(1, 2, 3);
    const input = { bytes, date: new Date(0), reference: await putJson(store, "rest") };
    const hydrated = await new StorageManager({ store }).hydrate<typeof input>(input);
    expect(hydrated.bytes).toEqual(Uint8Array.of(1, 2, 3));
    expect(hydrated).toMatchObject({ date: new Date(0), reference: "rest" });
    expect(await new StorageManager({ store }).hydrate(hydrated)).toEqual(hydrated);
  });

  it("refuses a value that stands inside itself", async () => {
    const value: unknown[] = [];
    value.push(value);
    expect((await failureOf(new StorageManager({}).hydrate(value))).code).toBe("UNSERIALIZABLE");
  });

  it("undoes the escapes of objects, and of the payload itself", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const inner = await putJson(store, { $$storageRef: "inside", $$$bubuX: 1, $other: 2, $$other: 3 });
    await expect(manager.hydrate({ inner, $$storageSize: 1 })).resolves.toStrictEqual({
      inner: { $storageRef: "inside", $$bubuX: 1, $other: 2, $$other: 3 },
      $storageSize: 1,
    });
  });

  it("sees keys that JSON writes with an escape", async () => {
    const store = new MemoryStore();
    await putJson(store, "target", "outputs/s/target.json");
    const manager = new StorageManager({ store });
    const cases: [string, unknown][] = [
      [String.raw`{"\u0024$bubuX":1}`, { $bubuX: 1 }],
      [String.raw`{"\u0024bubuStorageRef":"outputs/s/target.json"}`, "target"],
    ];
    for (const [data, value] of cases) {
      const reference = await put(store, Buffer.from(`{"contentType":"json","data":${data}}`));
      await expect(manager.hydrate(reference)).resolves.toEqual(value);
    }
  });

  it("pollutes no prototype", async () => {
    const store = new MemoryStore();
    const polluting = Buffer.from(
      '{"contentType":"json","data":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"$x":0}}',
    );
    const reference = await put(store, polluting);
    const input = JSON.parse(`{"__proto__":${JSON.stringify(reference)},"b":{"__proto__":null}}`) as unknown;
    const hydrated = await new StorageManager({ store }).hydrate<Record<string, object>>(input);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(hydrated)).toBe(Object.prototype);
    expect(Object.keys(hydrated)).toEqual(["__proto__", "b"]);
    const inner = Object.getOwnPropertyDescriptor(hydrated, "__proto__")!.value as object;
    expect(Object.keys(inner)).toEqual(["__proto__", "constructor", "$x"]);
    expect(Object.getPrototypeOf(inner)).toBe(Object.prototype);
  });
});

describe("an object that is referenced many times", () => {
  it("is fetched once, in one level and over levels", async () => {
    const store = new RecordingStore();
    const shared = await putJson(store.inner, { some: "data" });
    const outer = await putJson(store.inner, { shared });
    const manager = new StorageManager({ store });
    const value = { a: shared, b: [shared, shared], outer };
    const data = { some: "data" };
    await expect(manager.hydrate(value)).resolves.toEqual({ a: data, b: [data, data], outer: { shared: data } });
    expect(store.paths("read").sort()).toEqual([outer.$storageRef, shared.$storageRef].sort());
  });

  it("is fetched again by the next call", async () => {
    const store = new RecordingStore();
    const reference = await putJson(store.inner, 1);
    const manager = new StorageManager({ store });
    await manager.hydrate(reference);
    await manager.hydrate(reference);
    expect(store.paths("read")).toHaveLength(2);
  });

  it("gives every place a value of its own", async () => {
    const store = new MemoryStore();
    const shared = await putJson(store, { list: [1] });
    const outer = await putJson(store, { shared });
    const bytes = await put(store, Buffer.of(1, 2), { contentType: "image/png" });
    type Shared = { list: number[] };
    const hydrated = await new StorageManager({ store }).hydrate<{
      shared: [Shared, Shared];
      outer: [{ shared: Shared }, { shared: Shared }];
      bytes: [Uint8Array, Uint8Array];
    }>({ shared: [shared, shared], outer: [outer, outer], bytes: [bytes, bytes] });
    hydrated.shared[0].list.push(2);
    hydrated.outer[0].shared.list.push(3);
    hydrated.bytes[0][0] = 99;
    expect(hydrated).toEqual({
      shared: [{ list: [1, 2] }, { list: [1] }],
      outer: [{ shared: { list: [1, 3] } }, { shared: { list: [1] } }],
      bytes: [Uint8Array.of(99, 2), Uint8Array.of(1, 2)],
    });
    expect(hydrated.bytes[0].buffer).not.toBe(hydrated.bytes[1].buffer);
  });

  it("shares nothing with the bytes of the store, though that hands out its own", async () => {
    const own = Buffer.from("bytes");
    const store = new MemoryStore();
    const reference = await put(store, own, { contentType: "image/png" });
    const read = store.read.bind(store);
    store.read = async (...args) => ({
      ...(await read(...args)),
      async *[Symbol.asyncIterator]() {
        await turn();
        yield own;
      },
    });
    const hydrated = await new StorageManager({ store }).hydrate<Uint8Array>(reference);
    hydrated[0] = 0;
    expect(own.toString()).toBe("bytes");
  });

  it("is checked for every reference to it", async () => {
    const store = new MemoryStore();
    const reference = await putJson(store, 1);
    const wrong = { ...reference, $storageDigest: `sha256-${"A".repeat(43)}` };
    const manager = new StorageManager({ store });
    expect((await failureOf(manager.hydrate([reference, wrong]))).code).toBe("INTEGRITY");
    const hidden = await putJson(store, { wrong });
    expect((await failureOf(manager.hydrate([reference, hidden]))).code).toBe("INTEGRITY");
  });

  it("takes little time also when there are very many references to it", async () => {
    const store = new RecordingStore();
    const reference = await putJson(store.inner, 1);
    const many = Array.from({ length: 130_000 }, () => reference);
    const manager = new StorageManager({ store, maxReferences: 130_000 });
    const hydrated = await manager.hydrate<number[]>(many);
    expect(hydrated).toHaveLength(130_000);
    expect(hydrated.every((item) => item === 1)).toBe(true);
    expect(store.paths("read")).toHaveLength(1);
  });
});

describe("the objects of a level", () => {
  const references = (store: MemoryStore, count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => putJson(store, `object ${i}`)));

  it("are fetched in parallel, at most `concurrency` at a time", async () => {
    const inner = new MemoryStore();
    const value = await references(inner, 7);
    const store = new HeldStore(["chunk"], inner);
    const call = new StorageManager({ store, concurrency: 3 }).hydrate(value);
    // Each body is two steps: its bytes, and its end.
    for (let released = 0; released < 14; released++) {
      await store.until(released + 1);
      await turn();
      expect(store.waiting).toBeLessThanOrEqual(3);
      if (released === 0) expect(store.waiting).toBe(3);
      store.held[released]!.release();
    }
    await expect(call).resolves.toEqual(value.map((_, i) => `object ${i}`));
  });

  it("are fetched 16 at a time by default", async () => {
    const inner = new MemoryStore();
    const value = await references(inner, 20);
    const store = new HeldStore(["read"], inner);
    const call = new StorageManager({ store }).hydrate(value);
    await store.until(16);
    await turn();
    expect(store.waiting).toBe(16);
    for (let i = 0; i < 20; i++) {
      await store.until(i + 1);
      store.held[i]!.release();
    }
    await call;
  });

  it("come before those that are referenced from inside them", async () => {
    const inner = new MemoryStore();
    const innermost = await putJson(inner, "innermost");
    const [a, b] = [await putJson(inner, { a: innermost }), await putJson(inner, { b: innermost })];
    const store = new HeldStore(["read"], inner);
    const call = new StorageManager({ store }).hydrate([a, b]);
    await store.until(2);
    store.held[0]!.release();
    await turn();
    expect(store.held.map(({ path }) => path)).toEqual([a.$storageRef, b.$storageRef]);
    store.held[1]!.release();
    await store.until(3);
    expect(store.held[2]!.path).toBe(innermost.$storageRef);
    store.held[2]!.release();
    await expect(call).resolves.toEqual([{ a: "innermost" }, { b: "innermost" }]);
  });

  it("are given up when one of them fails, which the call rejects with", async () => {
    const inner = new MemoryStore();
    const value = await references(inner, 5);
    const store = new HeldStore(["read"], inner);
    const call = failureOf(new StorageManager({ store, concurrency: 3 }).hydrate(value));
    await store.until(3);
    const failure = new Error("broken");
    store.held[1]!.fail(failure);
    expect(await call).toMatchObject({ code: "UNEXPECTED", cause: failure, path: value[1]!.$storageRef });
    expect(store.held).toHaveLength(3);
    expect(store.held[0]!.options.signal!.aborted).toBe(true);
  });
});

it("hydrate and pick refuse a promise that was not awaited, instead of giving its references back", async () => {
  const manager = new StorageManager({ store: new MemoryStore() });
  const ticket = manager.dehydrate({ text: "x".repeat(5000) });
  for (const call of [manager.hydrate(ticket), manager.pick(ticket, "text")]) {
    const error = await failureOf(call);
    expect(error).toMatchObject({ code: "UNSERIALIZABLE", operation: "hydrate" });
    expect(error.message).toContain("a Promise, which was not awaited");
  }
  expect(await manager.pick(await ticket, "text")).toHaveLength(5000);
});
