import fc from "fast-check";
import { ByteReader } from "../../src/codecs/byte-reader.js";
import { someBytes } from "../support/stream-sources.js";
import { Chunks, cut, inOneMemory } from "./chunks.js";

const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 10 });

it("gives the same however the chunks come, also in memory that is used again", async () => {
  const bytes = someBytes(500);
  const sizes = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 10 });
  const property = fc.asyncProperty(shares, sizes, fc.boolean(), async (places, wanted, reuse) => {
    const parts = cut(bytes, places);
    const reader = new ByteReader(reuse ? inOneMemory(parts) : new Chunks(parts));
    let start = 0;
    for (const size of wanted) {
      const read = Buffer.from(await reader.read(Buffer.alloc(size)));
      expect(read).toEqual(bytes.subarray(start, start + size));
      start = Math.min(start + size, bytes.byteLength);
      expect(await reader.isAtEnd()).toBe(start === bytes.byteLength);
    }
    expect(await reader.read(Buffer.alloc(1000))).toEqual(bytes.subarray(start));
    expect(await reader.isAtEnd()).toBe(true);
  });
  await fc.assert(property, { numRuns: 100 });
});

it("closes what it did not read to its end, and nothing else", async () => {
  const unread = new Chunks([Buffer.from("abc")]);
  const reader = new ByteReader(unread);
  await reader.read(Buffer.alloc(2));
  await reader.close();
  expect(unread.closed).toBe(1);

  const ended = new Chunks([Buffer.from("abc")]);
  const toTheEnd = new ByteReader(ended);
  expect((await toTheEnd.read(Buffer.alloc(9))).toString()).toBe("abc");
  await toTheEnd.close();
  expect(ended.closed).toBe(0);

  const failed = new Chunks([Buffer.from("abc")], new Error("broken"));
  const toTheFailure = new ByteReader(failed);
  await expect(toTheFailure.read(Buffer.alloc(9))).rejects.toThrow("broken");
  await toTheFailure.close();
  expect(failed.closed).toBe(0); // an iterator that has thrown is over
});

it("closes what can't be closed, and what has no end", async () => {
  const endless = { [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ value: Buffer.of(1) }) }) };
  const reader = new ByteReader(endless);
  expect((await reader.read(Buffer.alloc(3))).byteLength).toBe(3);
  await expect(reader.close()).resolves.toBeUndefined();
});
