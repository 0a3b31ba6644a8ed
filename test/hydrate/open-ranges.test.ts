import fc from "fast-check";
import { aes256gcm, gzip, MemoryStore, StorageManager, type StorageReference } from "../../src/index.js";
import type { StorageManagerOptions } from "../../src/index.js";
import { failureOf } from "../support/failure.js";
import { CopyStore } from "../store/compose/copy-store.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";

const bytes = Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 7) % 256));

async function stored(value: unknown, options: StorageManagerOptions = {}) {
  const store = options.store ?? new MemoryStore();
  const manager = new StorageManager({ store, ...options });
  const message = (await manager.dehydrate({ value, other: Buffer.from("other") })) as { value: StorageReference };
  return { store, manager, reference: message.value };
}

const SET_UPS: [string, StorageManagerOptions][] = [
  ["as it is", { pack: false }],
  ["in a pack", {}],
  ["compressed", { codecs: [gzip()], pack: false }],
  ["encrypted, in a pack", { codecs: [gzip(), aes256gcm({ keys: { a: new Uint8Array(32) }, activeKeyId: "a" })] }],
  ["in BubuStack's dialect", { dialect: "bubustack" }],
  ["in a store without ranges", { store: new CopyStore(new MemoryStore(), { rangeRead: false }), pack: false }],
];

describe("a range of what a reference points at", () => {
  it.each(SET_UPS)("is that of the bytes that were handed in: %s", async (_, options) => {
    const { manager, reference } = await stored(bytes, options);
    const ranges = fc.record(
      { offset: fc.nat(3100), length: fc.oneof(fc.nat(3100), fc.constant(Number.MAX_SAFE_INTEGER)) },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(ranges, async (range) => {
        const { offset = 0, length = bytes.byteLength } = range;
        const result = await manager.open(reference, range);
        expect(Buffer.from(await result.bytes())).toEqual(bytes.subarray(offset, offset + length));
        if (reference.$storageEncoding === undefined) expect(result.info.size).toBe(3000);
      }),
    );
  });

  it.each([
    ["a text", longText("ü ")],
    ["any other value", Array.from({ length: 500 }, (_, index) => index)],
  ])("of %s is that of the bytes that are opened", async (_, value) => {
    const { manager, reference } = await stored(value);
    const whole = await (await manager.open(reference)).bytes();
    const result = await manager.open(reference, { offset: 3, length: 100 });
    expect(result.info.size).toBe(whole.byteLength);
    expect(Buffer.from(await result.bytes())).toEqual(Buffer.from(whole).subarray(3, 103));
  });

  it("is all that is read of binary", async () => {
    const inner = new MemoryStore();
    const { reference } = await stored(bytes, { store: inner });
    const store = new RecordingStore(inner);
    const read = jest.spyOn(inner, "read");
    const manager = new StorageManager({ store: store });
    await (await manager.open(reference, { offset: 10, length: 5 })).bytes();
    expect(read.mock.calls.map(([path, { offset, length } = {}]) => [path, offset, length])).toEqual([
      [reference.$storageRef, (reference.$storageOffset ?? 0) + 10, 5],
    ]);
  });

  it("never shows what lies beside an entry in its pack", async () => {
    const { manager, reference } = await stored(bytes);
    expect(reference.$storageOffset).toBeDefined();
    for (const offset of [2999, 3000, 3001, Number.MAX_SAFE_INTEGER]) {
      const result = await manager.open(reference, { offset, length: 4000 });
      expect(await result.bytes()).toHaveLength(offset === 2999 ? 1 : 0);
    }
  });

  it("is INTEGRITY when there is less than the reference says", async () => {
    const { store, manager, reference } = await stored(bytes, { pack: false });
    await store.write(reference.$storageRef, bytes.subarray(0, 100));
    const result = await manager.open(reference, { offset: 90, length: 20 });
    expect(await failureOf(result.bytes())).toMatchObject({ code: "INTEGRITY", path: reference.$storageRef });
  });

  it("that is all of it is verified as all of it", async () => {
    const { store, manager, reference } = await stored(bytes, { pack: false });
    await store.write(reference.$storageRef, Buffer.alloc(3000));
    const open = async (range: { offset?: number; length?: number }) => (await manager.open(reference, range)).bytes();
    for (const range of [{}, { offset: 0 }, { length: 3000 }, { offset: 0, length: 5000 }]) {
      expect(await failureOf(open(range))).toMatchObject({ code: "INTEGRITY" });
    }
    expect(await open({ offset: 1 })).toHaveLength(2999);
  });

  it("ends the reading of what is encoded where it ends", async () => {
    const { manager, reference } = await stored(bytes, { codecs: [gzip()], pack: false });
    const result = await manager.open(reference, { offset: 5, length: 5 });
    expect(Buffer.from(await result.bytes())).toEqual(bytes.subarray(5, 10));
    await result.cancel();
    const given = await manager.open(reference, { offset: 5, length: 5 });
    await given.cancel();
  });

  it.each([{ offset: -1 }, { offset: 0.5 }, { length: -1 }, { length: NaN }, { offset: "1" }, { length: null }])(
    "is refused when it is none: %j",
    async (range) => {
      const { manager, reference } = await stored(bytes);
      const error = await failureOf(manager.open(reference, range as object));
      expect(error).toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining(Object.keys(range)[0]!) as string,
      });
    },
  );

  it("is told to observers with its bytes", async () => {
    const seen: unknown[] = [];
    const { manager, reference } = await stored(bytes, {
      observer: ({ operation, bytes: size }) => operation === "open" && seen.push(size),
    });
    await (await manager.open(reference, { offset: 2990, length: 20 })).bytes();
    expect(seen).toEqual([10]);
  });
});
