import { randomBytes } from "node:crypto";
import { types } from "node:util";
import { brotliCompressSync, constants } from "node:zlib";
import { aes256gcm } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { brotli } from "../../src/codecs/brotli.js";
import type { DecodeContext } from "../../src/codecs/codec.js";
import { CodecSet } from "../../src/codecs/codec-set.js";
import { gzip } from "../../src/codecs/gzip.js";
import { StorageError } from "../../src/errors/error.js";
import { failureOf } from "../support/failure.js";
import { someBytes } from "../support/stream-sources.js";
import { bytesOf, Chunks, same } from "./chunks.js";

const keys = { k: randomBytes(32) };
const aes = aes256gcm({ keys, activeKeyId: "k" });
const lenient = aes256gcm({ keys, activeKeyId: "k", allowUnencrypted: true });
const PLAIN = { directory: "outputs/s", contentType: "application/json" };
const TOO_LARGE = new StorageError("BUDGET_EXCEEDED", "too large");
const { signal } = new AbortController();

function decoding(encodings: readonly string[], maxBytes = 1 << 30): DecodeContext {
  return { ...PLAIN, encodings, maxBytes, tooLarge: () => TOO_LARGE, signal };
}

it("applies codecs in their order, names those that gained, and undoes them in reverse", async () => {
  const set = new CodecSet([gzip(), brotli(), aes]);
  expect([set.encodings, set.encrypts]).toEqual([["gzip", "brotli", "aes256gcm"], true]);
  const encoding = (await set.prepare(signal))!;
  expect(encoding.encrypts).toBe(true);
  for (const [bytes, names] of [
    [Buffer.alloc(5000, "repeats "), ["gzip", "aes256gcm"]], // what gzip gives is under brotli's minimum
    [Buffer.alloc(200_000), ["gzip", "aes256gcm"]],
    [Buffer.alloc(2_000_000), ["gzip", "brotli", "aes256gcm"]],
    [randomBytes(100_000), ["aes256gcm"]],
    [Buffer.from("short"), ["aes256gcm"]],
    [Buffer.of(), ["aes256gcm"]],
  ] as const) {
    const { bytes: stored, encodings } = await encoding.encode(bytes, PLAIN);
    expect(encodings).toEqual(names);
    expect(same(await set.decode(stored, decoding(encodings, bytes.byteLength)), bytes)).toBe(true);
    const chunks = new Chunks([stored]);
    expect(same(await bytesOf(set.decodeStream(chunks, decoding(encodings, bytes.byteLength))), bytes)).toBe(true);
    expect(chunks.ended).toBe(true);
  }
});

it("gives no promise where nothing takes long, so that thousands of small entries take no turns", async () => {
  const encoding = (await new CodecSet([gzip(), aes]).prepare(signal))!;
  expect(types.isPromise(encoding.encode(Buffer.alloc(5000), PLAIN))).toBe(false);
  expect(types.isPromise(encoding.encode(Buffer.alloc(50_000), PLAIN))).toBe(true);
  await encoding.encode(Buffer.alloc(50_000), PLAIN);
});

it("decides on a stream by its beginning", async () => {
  const encoding = (await new CodecSet([gzip(), brotli(), aes]).prepare(signal))!;
  const stream = await encoding.encodeStream(someBytes(100_000), PLAIN);
  expect(stream.encodings).toEqual(["gzip", "brotli", "aes256gcm"]);
  expect((await encoding.encodeStream(randomBytes(100_000), PLAIN)).encodings).toEqual(["aes256gcm"]);
});

it("decodes a stream that got longer, within exactly the bytes that it has", async () => {
  // Only the beginning gains: the rest gets longer by what gzip adds to blocks that it stores.
  const bytes = Buffer.concat([Buffer.alloc(400), randomBytes(3_000_000)]);
  const set = new CodecSet([gzip({ minSize: 0 }), aes]);
  const encoding = (await set.prepare(signal))!;
  const stream = await encoding.encodeStream(bytes.subarray(0, 2_097_152), PLAIN);
  expect(stream.encodings).toEqual(["gzip", "aes256gcm"]);
  const stored = await bytesOf(stream.encode(new Chunks([bytes])));
  const withoutHeader = stored.byteLength - 300;
  expect(withoutHeader).toBeGreaterThan(bytes.byteLength);
  const exactly = decoding(stream.encodings, bytes.byteLength);
  expect(same(await set.decode(stored, exactly), bytes)).toBe(true);
  expect(same(await bytesOf(set.decodeStream(new Chunks([stored]), exactly)), bytes)).toBe(true);
  const less = decoding(stream.encodings, bytes.byteLength - 1);
  expect(await failureOf(set.decode(stored, less))).toBe(TOO_LARGE);
});

it("bounds what each of several codecs gives: a bomb inside of another, of which nothing is left", async () => {
  // A gzip of nothing, with a name of 16 MiB in its header (RFC 1952, FNAME): brotli makes it tiny, gzip takes it for nothing.
  const name = Buffer.alloc(16 * 1024 * 1024, "n");
  const header = Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);
  const empty = Buffer.from([0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
  const bomb = brotliCompressSync(Buffer.concat([header, name, empty]), options);
  expect(bomb.byteLength).toBeLessThan(20_000);
  const set = new CodecSet([gzip(), brotli()]);
  const enough = decoding(["gzip", "brotli"]);
  expect((await set.decode(bomb, enough)).byteLength).toBe(0);
  expect((await bytesOf(set.decodeStream(new Chunks([bomb]), enough))).byteLength).toBe(0);
  for (const maxBytes of [0, 1000, 15 * 1024 * 1024]) {
    const context = decoding(["gzip", "brotli"], maxBytes);
    expect(await failureOf(set.decode(bomb, context))).toBe(TOO_LARGE);
    expect(await failureOf(bytesOf(set.decodeStream(new Chunks([bomb]), context)))).toBe(TOO_LARGE);
  }
});

it("encodes nothing with what is there to decode", async () => {
  const set = new CodecSet([gzip({ decodeOnly: true })]);
  expect(await set.prepare(signal)).toBeUndefined();
  expect(set.encodings).toEqual([]);
  expect(set.problemOf(["gzip"])).toBeUndefined();
  expect(await new CodecSet([]).prepare(signal)).toBeUndefined();
});

it.each<[string, CodecSet, readonly string[], string | undefined]>([
  ["nothing, of nothing", new CodecSet([]), [], undefined],
  ["what was applied", new CodecSet([gzip(), aes]), ["gzip", "aes256gcm"], undefined],
  ["encryption alone", new CodecSet([gzip(), aes]), ["aes256gcm"], undefined],
  ["what is not encrypted", new CodecSet([gzip(), aes]), ["gzip"], "not encrypted"],
  ["no encoding at all", new CodecSet([gzip(), aes]), [], "not encrypted"],
  ["the same, where it is allowed", new CodecSet([gzip(), lenient]), ["gzip"], undefined],
  ["what it does not have", new CodecSet([gzip()]), ["brotli"], "does not have"],
  ["a name of Object.prototype", new CodecSet([gzip()]), ["constructor"], "does not have"],
  ["one of two that it does not have", new CodecSet([gzip()]), ["gzip", "brotli"], "does not have"],
  ["one twice", new CodecSet([gzip()]), ["gzip", "gzip"], "twice"],
  ["one very often", new CodecSet([gzip(), brotli()]), Array<string>(10_000).fill("gzip"), "twice"],
])("says what is wrong with %s", (_what, set, encodings, problem) => {
  if (problem === undefined) expect(set.problemOf(encodings)).toBeUndefined();
  else expect(set.problemOf(encodings)).toContain(problem);
});

it("fails as the preparation of one codec does", async () => {
  const failure = new StorageError("PERMISSION_DENIED", "no key");
  const provider = { generateDataKey: () => Promise.reject(failure), decryptDataKey: () => Promise.reject(failure) };
  expect(await failureOf(new CodecSet([gzip(), aes256gcm({ keys: provider })]).prepare(signal))).toBe(failure);
});
