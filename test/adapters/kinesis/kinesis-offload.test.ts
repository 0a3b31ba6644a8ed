import { PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { gzip, MemoryStore, StorageManager } from "../../../src/index.js";
import { kinesisOffload, type KinesisOptions } from "../../../src/adapters/kinesis.js";
import { bigJson, pathsIn } from "../messages/messages.js";

// Kinesis can't be had for tests. Its entries are of the client's own types; what it counts is what its documentation says.
const big = Buffer.from(bigJson(1_200_000));

function setUp(options: Partial<KinesisOptions> = {}) {
  const store = new MemoryStore();
  const manager = new StorageManager({ store });
  return { store, offload: kinesisOffload({ manager, streamName: "orders", ttl: 86_400_000, ...options }) };
}

it("sends what fits as it is, and packs what does not under the same key", async () => {
  const { offload, store } = setUp();
  const small = { PartitionKey: "k", Data: Buffer.from("small") };
  expect(await offload.pack(small)).toBe(small);
  const none = { PartitionKey: "k", Data: undefined };
  expect(await offload.pack(none)).toBe(none);
  const entry = await offload.pack({ PartitionKey: "k", ExplicitHashKey: "7", Data: big });
  const { Records } = new PutRecordsCommand({ StreamName: "orders", Records: [entry] }).input;
  expect(Records).toEqual([{ PartitionKey: "k", ExplicitHashKey: "7", Data: entry.Data }]);
  expect(entry.Data.length).toBeLessThan(4096);
  expect((await pathsIn(store))[0]).toMatch(/^outputs\/orders\/@/);
  expect(Buffer.from(await offload.open(entry.Data)).equals(big)).toBe(true);
  expect(await offload.open(small.Data)).toBe(small.Data);
});

it("counts the key, and compresses before it stores", async () => {
  const { offload, store } = setUp();
  const Data = Buffer.alloc(1_048_576 - 2);
  const fits = { PartitionKey: "é", Data };
  expect(await offload.pack(fits)).toBe(fits);
  await setUp({ compress: gzip() }).offload.pack({ PartitionKey: "ée", Data });
  expect(await pathsIn(store)).toEqual([]);
  expect((await offload.pack({ PartitionKey: "ée", Data })).Data.length).toBeLessThan(4096);
  expect(await pathsIn(store)).toHaveLength(1);
});

it("splits records into as few requests as the limits allow", () => {
  const { offload } = setUp();
  const sizes = (count: number, bytes: number) => {
    const entries = Array.from({ length: count }, () => ({ PartitionKey: "k", Data: Buffer.alloc(bytes) }));
    return [...offload.batches(entries)].map(({ length }) => length);
  };
  expect([sizes(600, 10), sizes(25, 1_000_000)]).toEqual([
    [500, 100],
    [10, 10, 5],
  ]);
});

it("deletes nothing on reading: readers go back", () => {
  expect(() => setUp({ retention: "settle" })).toThrow('retention: must be "expire" for Kinesis');
});
