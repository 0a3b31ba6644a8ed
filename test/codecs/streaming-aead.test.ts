import { createSecretKey, randomBytes } from "node:crypto";
import {
  HEADER_SIZE,
  NotAuthentic,
  sealedSegmentSize,
  sealedSize,
  SegmentOpener,
  segmentRoom,
  SegmentSealer,
} from "../../src/codecs/aes256gcm/streaming-aead.js";
import { someBytes } from "../support/stream-sources.js";
import { same } from "./chunks.js";
import { tinkDecrypt, tinkEncrypt } from "./tink.js";

const KEY = randomBytes(32);
const DATA = Buffer.from("associated data");
const FIRST = segmentRoom(0);
const ROOM = segmentRoom(1);

/** The header of a message, and its segments. */
function seal(plaintext: Uint8Array, random: Buffer = randomBytes(39)): Buffer[] {
  const sealer = new SegmentSealer(createSecretKey(KEY), DATA, random);
  const parts = [sealer.header];
  let start = 0;
  for (let index = 0; ; index++) {
    const end = Math.min(start + segmentRoom(index), plaintext.byteLength);
    const isLast = end === plaintext.byteLength;
    parts.push(sealer.seal(plaintext.subarray(start, end), isLast));
    if (isLast) return parts;
    start = end;
  }
}

function open([header, ...segments]: readonly Buffer[], { key = KEY, data = DATA, ended = true } = {}): Buffer {
  const opener = new SegmentOpener(createSecretKey(key), data, header!);
  return Buffer.concat(segments.map((segment, index) => opener.open(segment, ended && index === segments.length - 1)));
}

const SIZES = [0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + ROOM - 1, FIRST + ROOM, FIRST + ROOM + 1, FIRST + 2 * ROOM];

it("has the sizes of Tink's segments", () => {
  expect([HEADER_SIZE, FIRST, ROOM]).toEqual([40, 1_048_576 - 40 - 16, 1_048_576 - 16]);
  expect(HEADER_SIZE + sealedSegmentSize(0)).toBe(1_048_576);
  expect([sealedSegmentSize(1), sealedSegmentSize(9)]).toEqual([1_048_576, 1_048_576]);
});

it.each(SIZES)("agrees with another implementation on %d bytes, both ways", async (size) => {
  const plaintext = someBytes(size);
  const random = randomBytes(39);
  const message = Buffer.concat(seal(plaintext, random));
  expect(message.byteLength).toBe(sealedSize(size));
  expect(same(message, await tinkEncrypt(KEY, DATA, plaintext, random))).toBe(true);
  expect(same(await tinkDecrypt(KEY, DATA, message), plaintext)).toBe(true);
  expect(same(open(seal(plaintext)), plaintext)).toBe(true);
});

it("never makes the same twice", () => {
  const messages = Array.from({ length: 50 }, () => Buffer.concat(seal(Buffer.from("same"))).toString("hex"));
  expect(new Set(messages).size).toBe(50);
});

const [header, first, second, last] = seal(someBytes(FIRST + ROOM + 10)) as [Buffer, Buffer, Buffer, Buffer];

it.each([
  ["two segments swapped", [header, first, last, second]],
  ["full segments swapped", [header, second, first, last]],
  ["a segment left out", [header, first, last]],
  ["the first left out", [header, second, last]],
  ["the last left out", [header, first, second]],
  ["all but the first left out", [header, first]],
  ["a segment twice", [header, first, second, second, last]],
  ["the last twice", [header, first, second, last, last]],
  ["nothing after the header", [header, Buffer.of()]],
  ["an empty segment after the last", [header, first, second, last, Buffer.of()]],
  ["the last cut short", [header, first, second, last.subarray(0, -1)]],
  ["the last cut down to less than a tag", [header, first, second, last.subarray(0, 15)]],
  ["the last a byte longer", [header, first, second, Buffer.concat([last, Buffer.of(0)])]],
  ["a segment cut short in the middle", [header, first, second.subarray(0, -1), last]],
])("refuses %s", (_what, parts) => {
  expect(() => open(parts)).toThrow(NotAuthentic);
});

it("refuses a message that goes on after its last segment, or ends before it", () => {
  expect(() => open([header, first, second, last], { ended: false })).toThrow(NotAuthentic);
  const [own, only] = seal(someBytes(FIRST)) as [Buffer, Buffer];
  expect(() => open([own, only], { ended: false })).toThrow(NotAuthentic);
  expect(open([own, only]).byteLength).toBe(FIRST);
});

it("refuses another key, other associated data, and segments of another message", () => {
  const message = seal(Buffer.from("small"));
  expect(open(message).toString()).toBe("small");
  expect(() => open(message, { key: randomBytes(32) })).toThrow(NotAuthentic);
  expect(() => open(message, { data: Buffer.from("associated dat") })).toThrow(NotAuthentic);
  expect(() => open(message, { data: Buffer.of() })).toThrow(NotAuthentic);
  const other = seal(Buffer.from("small"));
  expect(() => open([message[0]!, other[1]!])).toThrow(NotAuthentic);
});

it("refuses a message of which any bit was changed", () => {
  const [head, segment] = seal(Buffer.from("a small message")) as [Buffer, Buffer];
  const message = Buffer.concat([head, segment]);
  for (let index = 0; index < message.byteLength; index++) {
    for (const bit of [1, 0x80]) {
      const changed = Buffer.from(message);
      changed[index]! ^= bit;
      const parts = [changed.subarray(0, HEADER_SIZE), changed.subarray(HEADER_SIZE)];
      expect(() => open(parts)).toThrow(NotAuthentic);
    }
  }
});

it.each([0, 1, 39, 41])("refuses a header of %d bytes", (size) => {
  const wrong = Buffer.alloc(size, 40);
  expect(() => new SegmentOpener(createSecretKey(KEY), DATA, wrong)).toThrow(NotAuthentic);
});
