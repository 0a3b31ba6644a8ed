import vm from "node:vm";
import { Readable } from "node:stream";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";

const newManager = (): StorageManager => new StorageManager({ store: new MemoryStore() });

const VANISHING: [string, unknown][] = [
  ["a Map", new Map([[1, 2]])],
  ["a Set", new Set([1])],
  ["a WeakMap", new WeakMap()],
  ["a WeakSet", new WeakSet()],
  ["a WeakRef", new WeakRef({})],
  ["a Promise", Promise.resolve(1)],
  ["an Error", new TypeError("x")],
  ["a DOMException", new DOMException("x")],
  ["a RegExp", /x/],
  ["a Request", new Request("http://127.0.0.1/")],
  ["a Response", new Response("x")],
  ["a Headers", new Headers()],
  ["a FormData", new FormData()],
  ["a URLSearchParams", new URLSearchParams("a=1")],
  ["a Map", vm.runInNewContext("new Map([[1, 2]])")],
  ["a Promise", vm.runInNewContext("(async () => 1)()")],
  ["an Error", vm.runInNewContext("new RangeError('x')")],
  ["a Set", new (class extends Set<number> {})([1])],
];

describe("Values of which JSON keeps nothing", () => {
  it.each(VANISHING)("are refused with their path: %s", async (what, value) => {
    for (const call of [
      () => newManager().dehydrate({ list: [value] }),
      () => newManager().dehydrateInputs({ list: [value] }),
      // eslint-disable-next-line @typescript-eslint/require-await -- so that a throw is a rejection
      async () => newManager().plan({ list: [value] }),
      () => newManager().dehydrate({ list: [{ toJSON: () => value }] }),
    ]) {
      const error = await failureOf(call());
      expect(error).toMatchObject({ code: "UNSERIALIZABLE", operation: "dehydrate" });
      expect(error.message).toContain("$.list[0]");
      expect(error.message).toContain(what);
    }
  });

  it.each(VANISHING)("are what JSON has for them where that is asked for: %s", async (_what, value) => {
    const manager = new StorageManager({ store: new MemoryStore(), lossy: "json" });
    const json = JSON.stringify({ value });
    expect(JSON.stringify(await manager.dehydrate({ value }))).toBe(json);
  });

  it("follow a toJSON of their own", async () => {
    const map = Object.assign(new Map([["a", 1]]), { toJSON: () => ["a"] });
    const rows = {
      toJSON: () => [1, 2],
      [Symbol.asyncIterator]: () => {
        throw new Error("must not be iterated");
      },
    };
    class Failure extends Error {
      toJSON(): unknown {
        return { failed: this.message };
      }
    }
    const payload = { map, rows, error: new Failure("x") };
    expect(await newManager().dehydrate(payload)).toEqual({ map: ["a"], rows: [1, 2], error: { failed: "x" } });
  });

  it("are not objects of the user's own that are called the same", async () => {
    class Response {
      readonly status = 1;
      get [Symbol.toStringTag](): string {
        return "Response";
      }
    }
    const headers = { [Symbol.toStringTag]: "Headers", a: 1, append: () => 1, forEach: () => 1 };
    expect(await newManager().dehydrate([new Response(), headers])).toEqual([{ status: 1 }, { a: 1 }]);
  });

  it("refuses another option", () => {
    expect(() => new StorageManager({ lossy: "yes" as "json" })).toThrow(/lossy/);
  });
});

describe("Bytes", () => {
  it.each<[string, () => unknown]>([
    ["ArrayBuffer", () => Uint8Array.of(1, 2, 3, 4).buffer],
    ["DataView", () => new DataView(Uint8Array.of(0, 1, 2, 3, 4, 5).buffer, 1, 4)],
    ["Uint16Array", () => new Uint16Array(Uint8Array.of(0, 0, 1, 2, 3, 4).buffer, 2, 2)],
    [
      "SharedArrayBuffer",
      () => {
        const shared = new SharedArrayBuffer(4);
        new Uint8Array(shared).set([1, 2, 3, 4]);
        return shared;
      },
    ],
    ["Buffer", () => Buffer.of(1, 2, 3, 4)],
    ["Uint8Array of another realm", () => vm.runInNewContext("Uint8Array.of(1, 2, 3, 4)") as unknown],
    ["ArrayBuffer of another realm", () => vm.runInNewContext("Uint8Array.of(1, 2, 3, 4).buffer") as unknown],
  ])("of every kind come back as a Uint8Array, and can be written: %s", async (_name, make) => {
    const manager = newManager();
    const { value } = await manager.hydrate<{ value: Uint8Array }>(await manager.dehydrate({ value: make() }));
    expect(value).toBeInstanceOf(Uint8Array);
    expect([...value]).toEqual([1, 2, 3, 4]);
    await manager.writeBlob("outputs/own", make() as Uint8Array);
    expect([...(await manager.readBlob("outputs/own"))]).toEqual([1, 2, 3, 4]);
    const chunks = Readable.from([make()]);
    await manager.writeBlob("outputs/own", chunks as AsyncIterable<Uint8Array>);
    expect([...(await manager.readBlob("outputs/own"))]).toEqual([1, 2, 3, 4]);
  });

  it("whose memory was transferred are refused", async () => {
    const bytes = new Uint8Array(8);
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    for (const value of [bytes, bytes.buffer]) {
      const error = await failureOf(newManager().dehydrate({ a: [value] }));
      expect(error).toMatchObject({ code: "UNSERIALIZABLE", message: expect.stringContaining("$.a[0]") });
      const written = await failureOf(newManager().writeBlob("outputs/a", value as Uint8Array));
      expect(written.code).toBe("CONFIG_INVALID");
    }
  });

  it.each([10, 5_000_000])("whose memory is transferred during the call are refused: %d", async (size) => {
    const bytes = new Uint8Array(size);
    const dehydrated = failureOf(newManager().dehydrate({ a: bytes }, { scope: "s" }));
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
    const error = await dehydrated;
    expect(error).toMatchObject({ code: "UNSERIALIZABLE", message: expect.stringContaining("$.a") });
  });

  it("are the only items that a stream can have: it is closed at the first other one", async () => {
    const rows = Readable.from([{ id: 1 }, { id: 2 }]);
    const error = await failureOf(newManager().dehydrate({ rows }));
    expect(error).toMatchObject({ code: "UNSERIALIZABLE", message: expect.stringContaining("$.rows") });
    expect(error.message).toContain("objects");
    expect(rows.destroyed).toBe(true);
  });
});
