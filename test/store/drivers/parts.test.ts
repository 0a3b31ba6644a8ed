import fc from "fast-check";
import { S3Client } from "@aws-sdk/client-s3";
import { S3Bucket } from "../../../src/store/drivers/s3/bucket.js";
import { MAX_PART_SIZE, MAX_PARTS, MIN_PART_SIZE } from "../../../src/store/drivers/s3/limits.js";
import { parseS3Options } from "../../../src/store/drivers/s3/options.js";
import { Parts } from "../../../src/store/drivers/parts.js";
import { turn } from "../../support/turn.js";

const MIB = 1024 ** 2;

async function* chunksOf(...sizes: number[]): AsyncGenerator<Uint8Array, void, undefined> {
  const shared = Buffer.alloc(Math.max(1, ...sizes)); // used again for every chunk, as a source may
  let next = 0;
  for (const size of sizes) {
    for (let at = 0; at < size; at++) shared[at] = next++ % 251;
    yield await Promise.resolve(shared.subarray(0, size));
  }
}

function expectedBytes(size: number): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, at) => at % 251));
}

/** Takes all parts with a few senders, each of which keeps its part for a while. */
async function takeAll(parts: Parts, senders: number): Promise<Map<number, Buffer>> {
  const taken = new Map<number, Buffer>();
  const send = async (): Promise<void> => {
    const buffer = parts.newBuffer();
    for (let part = await parts.next(buffer); part !== undefined; part = await parts.next(buffer)) {
      await turn(); // others fill their buffers meanwhile
      taken.set(part.number, Buffer.from(part.bytes));
    }
  };
  await Promise.all(Array.from({ length: senders }, send));
  return taken;
}

describe("the parts of a stream", () => {
  it("are all its bytes in their order, whatever its chunks", async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 4 }),
        async (chunks, size, n) => {
          const parts = new Parts(chunksOf(...chunks), () => size);
          const taken = await takeAll(parts, n);
          const total = chunks.reduce((sum, chunk) => sum + chunk, 0);
          const inOrder = [...taken].sort(([a], [b]) => a - b);
          expect(inOrder.map(([number]) => number)).toEqual(inOrder.map((_, index) => index + 1));
          expect(Buffer.concat(inOrder.map(([, bytes]) => bytes))).toEqual(expectedBytes(total));
          expect(inOrder.slice(0, -1).every(([, bytes]) => bytes.byteLength === size)).toBe(true);
          expect(inOrder).toHaveLength(Math.max(1, Math.ceil(total / size)));
          expect([parts.ended, parts.size]).toEqual([true, total]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("can be of growing sizes", async () => {
    const parts = new Parts(chunksOf(7, 8), (number) => number);
    const taken = await takeAll(parts, 1);
    expect([...taken.values()].map(({ byteLength }) => byteLength)).toEqual([1, 2, 3, 4, 5]);
    expect(Buffer.concat([...taken.values()])).toEqual(expectedBytes(15));
  });

  it("are known to be the only one when the body is as long as a part", async () => {
    const parts = new Parts(chunksOf(10, 0, 0), () => 10);
    expect((await parts.next(parts.newBuffer()))?.bytes.byteLength).toBe(10);
    expect(parts.ended).toBe(true);
  });

  it("fail for everybody once the source has failed", async () => {
    const failing = (async function* () {
      yield await Promise.resolve(Buffer.from("abc"));
      throw new Error("broken");
    })();
    const parts = new Parts(failing, () => 2);
    await parts.next(parts.newBuffer());
    await expect(parts.next(parts.newBuffer())).rejects.toThrow("broken");
  });
});

describe("the size of a stream's parts", () => {
  const client = new S3Client({ region: "us-east-1" });
  const bucketOf = (options: object): S3Bucket => new S3Bucket(client, parseS3Options({ bucket: "b", ...options }));

  afterAll(() => client.destroy());

  it("grows by default, so that the largest object fits into the parts that S3 takes", () => {
    const bucket = bucketOf({});
    let total = 0;
    for (let number = 1; number <= MAX_PARTS; number++) {
      const size = bucket.streamPartSize(number);
      expect(size >= MIN_PART_SIZE && size <= MAX_PART_SIZE).toBe(true);
      total += size;
    }
    expect([bucket.streamPartSize(1), bucket.streamPartSize(2500), bucket.streamPartSize(2501)]).toEqual([
      5 * MIB,
      5 * MIB,
      10 * MIB,
    ]);
    expect(bucket.maxObjectSize).toBe(8 * MIB * MAX_PARTS);
    expect(total).toBeGreaterThanOrEqual(bucket.maxObjectSize);
  });

  it("is the one of the options, where they say one", () => {
    const bucket = bucketOf({ partSize: 600 * MIB, queueSize: 7 });
    expect([bucket.streamPartSize(1), bucket.streamPartSize(MAX_PARTS)]).toEqual([600 * MIB, 600 * MIB]);
    expect([bucket.queueSize, bucket.streamQueueSize]).toEqual([7, 7]);
    expect(bucket.maxObjectSize).toBeGreaterThan(5 * 1024 ** 4); // 5 TiB
  });
});
