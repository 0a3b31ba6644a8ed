import { StorageManager } from "../../src/manager/storage-manager.js";
import type { StorageReference } from "../../src/reference/reference.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { isNotFound } from "../../src/errors/error.js";
import { failureOf } from "../support/failure.js";
import { longText } from "../support/payloads.js";
import { RecordingStore } from "../support/recording-store.js";
import { objectsOf, put, referenceTo } from "../support/stored.js";

const DAMAGES: [string, (bytes: Buffer) => Buffer][] = [
  [
    "one bit of it flipped",
    (bytes) => Buffer.concat([bytes.subarray(0, -3), Buffer.of(bytes.at(-3)! ^ 1), bytes.subarray(-2)]),
  ],
  ["its last byte missing", (bytes) => bytes.subarray(0, -1)],
  ["a byte more", (bytes) => Buffer.concat([bytes, Buffer.from(" ")])],
  ["a megabyte more", (bytes) => Buffer.concat([bytes, Buffer.alloc(1 << 20)])],
  ["nothing in it", () => Buffer.alloc(0)],
  ["other content of the same length", (bytes) => Buffer.from(bytes.toString().replace("x", "y"))],
];

const PAYLOADS: [string, unknown][] = [
  ["a text", longText("a")],
  ["a container", { a: longText("a", 600), b: longText("b", 600) }],
  ["binary", Buffer.from(longText("bytes"))],
];

const everyDamage = PAYLOADS.flatMap(([kind, payload]) =>
  DAMAGES.map(([damage, change]) => ({ kind, payload, damage, change })),
);

describe("an object that is not what was written", () => {
  it.each(everyDamage)("is an INTEGRITY error: $kind with $damage", async ({ payload, change }) => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const reference = (await manager.dehydrate(payload)) as StorageReference;
    const [[path, bytes]] = [...(await objectsOf(store))] as [[string, Buffer]];
    await store.write(path, change(bytes));
    const error = await failureOf(manager.hydrate([reference]));
    expect(error).toMatchObject({ code: "INTEGRITY", path, store: "memory", operation: "hydrate", retryable: false });
    const read = async () => (await manager.open(reference)).bytes();
    expect((await failureOf(read())).code).toBe("INTEGRITY");
    // And nothing of it is remembered.
    await store.write(path, bytes);
    await expect(manager.hydrate([reference])).resolves.toEqual([
      Buffer.isBuffer(payload) ? new Uint8Array(payload) : payload,
    ]);
  });

  it("is not read much further than the reference says", async () => {
    const store = new RecordingStore();
    const reference = await put(store.inner, Buffer.alloc(10), { contentType: "a/b" });
    const chunks = Array.from({ length: 100 }, () => Buffer.alloc(10));
    await store.inner.write(reference.$storageRef, Buffer.concat(chunks));
    let given = 0;
    const read = store.inner.read.bind(store.inner);
    store.inner.read = async (path, options) => ({
      ...(await read(path, options)),
      async *[Symbol.asyncIterator]() {
        for (const chunk of chunks) {
          given++;
          yield await Promise.resolve(chunk);
        }
      },
    });
    expect((await failureOf(new StorageManager({ store }).hydrate(reference))).code).toBe("INTEGRITY");
    expect(given).toBe(2);
    expect(store.paths("cancel")).toEqual([reference.$storageRef]);
  });

  it("is a NOT_FOUND error when it is not there", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const reference = (await manager.dehydrate(longText("a"))) as StorageReference;
    await store.delete(reference.$storageRef);
    const error = await failureOf(manager.hydrate({ reference }));
    expect(error).toMatchObject({ code: "NOT_FOUND", path: reference.$storageRef, store: "memory" });
    expect(isNotFound(error)).toBe(true);
    expect((await failureOf(manager.open(reference))).code).toBe("NOT_FOUND");
  });

  it("is seen in the digest where only that differs, and in the size where only that does", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const reference = await put(store, Buffer.from('{"contentType":"json","data":1}'));
    const other = referenceTo(reference.$storageRef, Buffer.from('{"contentType":"json","data":2}'));
    expect(other.$storageSize).toBe(reference.$storageSize);
    expect((await failureOf(manager.hydrate(other))).message).toContain("digest");
    for (const size of [reference.$storageSize - 1, reference.$storageSize + 1]) {
      expect((await failureOf(manager.hydrate({ ...reference, $storageSize: size }))).message).toContain("bytes");
    }
  });
});

describe("an object that is no StoredObject", () => {
  it.each([
    "",
    "no JSON",
    '{"contentType":"json","data":1',
    "null",
    "7",
    '"text"',
    '[{"contentType":"json","data":1}]',
    "{}",
    '{"data":1}',
    '{"contentType":"json"}',
    '{"contentType":"raw"}',
    '{"contentType":"raw","data":1}',
    '{"contentType":"raw","data":null}',
    '{"contentType":"xml","data":"<a/>"}',
    '{"contentType":null,"data":1}',
    '{"contentType":["json"],"data":1}',
    '{"contentType":"json","schema":1,"data":1}',
    '{"contentType":"json","schema":"a","schemaVersion":1,"data":1}',
    '{"contentType":"json","__proto__":{"data":1}}',
  ])("is a DECODE_FAILED error: %s", async (text) => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store });
    const reference = await put(store, Buffer.from(text));
    const bubustack = { $bubuStorageRef: reference.$storageRef };
    const calls = [
      manager.hydrate(reference),
      manager.hydrate([{ bubustack }]),
      manager.hydrate({ ...reference, $storageContentType: "text/plain" }),
      manager.open(reference),
    ];
    for (const error of await Promise.all(calls.map(failureOf))) {
      expect(error).toMatchObject({ code: "DECODE_FAILED", path: reference.$storageRef });
    }
  });

  it.each([
    ['{"data":1,"contentType":"json"}', 1],
    [' {"contentType" : "json" ,\n"data": [ ] } ', []],
    ['{"contentType":"json","data":null}', null],
    ['{"contentType":"raw","data":""}', ""],
    ['{"contentType":"json","data":1,"more":2}', 1],
  ])("is one however it is spelt: %s", async (text, data) => {
    const store = new MemoryStore();
    await expect(new StorageManager({ store }).hydrate(await put(store, Buffer.from(text)))).resolves.toEqual(data);
  });
});
