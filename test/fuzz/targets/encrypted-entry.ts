import { createSecretKey } from "node:crypto";
import { aes256gcm } from "../../../src/codecs/aes256gcm/aes256gcm.js";
import type { EntryContext } from "../../../src/codecs/codec.js";
import { associatedData, encodeHeader, parseHeader } from "../../../src/codecs/aes256gcm/encryption-header.js";
import { HEADER_SIZE, SegmentSealer } from "../../../src/codecs/aes256gcm/streaming-aead.js";
import { assert, assertEqual, outcomeOf } from "../check.js";
import { jsonFormat } from "../format/json.js";
import { decodedBothWays } from "../model/decoding.js";
import { defineTarget } from "../target.js";

const KEY = Buffer.alloc(32, 1);
const codec = aes256gcm({ keys: { k1: KEY, k2: Buffer.alloc(32, 2) }, activeKeyId: "k1" });

// What references say of entries.
const ENTRIES: readonly EntryContext[] = [
  { directory: "outputs/s", contentType: "application/json", encodings: [] },
  { directory: "outputs/s", contentType: "text/plain", encodings: ["gzip"], schema: "order", schemaVersion: "2" },
  { directory: "outputs/t", contentType: "application/json", encodings: [] },
];

function preamble(json: Buffer): Buffer {
  const bytes = Buffer.from("CCE1\0\0", "latin1");
  bytes.writeUInt16BE(json.byteLength & 0xffff, 4);
  return bytes;
}

/** What is asserted of any bytes that may be an encrypted entry. */
function checkHeader(bytes: Uint8Array): void {
  const { value: parsed } = outcomeOf(["DECODE_FAILED"], () => parseHeader(bytes));
  if (parsed === undefined) return;
  assert(bytes.byteLength >= parsed.bytes.byteLength, "Its header is longer than it is.");
  const { value: again } = outcomeOf(["LIMIT_EXCEEDED"], () => encodeHeader(parsed.header));
  if (again !== undefined) assertEqual(parseHeader(again).header, parsed.header, "The header as it is written");
}

/**
 * `[header, plaintext, sealed for, read as, changes, bytes of a chunk]`: an entry with this header, an object or a text, encrypted as one of
 * the entries above, then changed at some positions, and read as another of them. Without the key nobody else can make
 * one; here it leads behind the authentication.
 */
export const target = defineTarget<unknown>({
  format: jsonFormat,
  seeds: [
    [{ keyId: "k1", contentType: "application/json", sealedSize: 57 }, "plain", 0, 0, []],
    [
      { keyId: "k1", contentType: "text/plain", schema: "order", schemaVersion: "2", encoding: "gzip" },
      "plain",
      1,
      1,
      [[7, 1]],
    ],
    [{ keyId: "k1", contentType: "application/json" }, "plain", 0, 2, [], 1],
    [{ keyId: "k1", contentType: "application/json" }, "plain", 0, 0, [[-1, 0]]],
    [
      { keyId: "k1", contentType: "application/json" },
      "plain",
      0,
      0,
      [
        [90, 1],
        [3, 255],
      ],
    ],
    [{ keyId: "k2", wrappedKey: "AAAA", contentType: "application/json" }, "", 0, 0, []],
    [{ keyId: "k1", contentType: "a/b", replaces: { digest: "sha256-", size: 1, offset: 2 } }, "", 0, 0, []],
    ['{"keyId":"k1","keyId":"k1","contentType":"application/json","__proto__":{}}', "x", 0, 0, []],
    ["\ufeff{}", "x", 0, 0, []],
  ],
  async run(input) {
    if (!Array.isArray(input)) return;
    const [head, plaintext, sealedFor, readAs, changes, chunkSize] = input as unknown[];
    if (typeof plaintext !== "string") return;
    const contextOf = (index: unknown): EntryContext => ENTRIES[typeof index === "number" ? index : 0] ?? ENTRIES[0]!;
    const [from, to] = [contextOf(sealedFor), contextOf(readAs)];
    const json = Buffer.from(typeof head === "string" ? head : JSON.stringify(head)).subarray(0, 0xffff);
    const header = Buffer.concat([preamble(json), json]);
    const random = Buffer.alloc(HEADER_SIZE - 1, 3);
    const sealer = new SegmentSealer(createSecretKey(KEY), associatedData(from, header), random);
    const sealed = Buffer.concat([header, sealer.header, sealer.seal(Buffer.from(plaintext), true)]);
    const bytes = changed(sealed, changes);
    checkHeader(bytes);
    const decoded = await decodedBothWays(codec, bytes, to, chunkSize === 1 ? 1 : 40);
    if (decoded === undefined) return;
    assert(bytes.equals(sealed), "It decrypts what was changed.");
    assert(from.directory === to.directory, "It decrypts what is from another scope.");
    const { contentType, schema, schemaVersion, encoding } = parseHeader(bytes).header;
    const said = { directory: to.directory, contentType, schema, schemaVersion, encodings: encoding?.split(",") ?? [] };
    assertEqual(said, { schema: undefined, schemaVersion: undefined, ...to }, "What it was encrypted as");
    assert(decoded.equals(Buffer.from(plaintext)), "It decrypts to something else.");
  },
});

/** `[position, xor]` changes a byte; a negative position cuts so many off the end. */
function changed(sealed: Buffer, changes: unknown): Buffer {
  let bytes = Buffer.from(sealed);
  for (const change of Array.isArray(changes) ? (changes as unknown[]) : []) {
    const [position, mask = 0] = Array.isArray(change)
      ? (change as unknown[]).filter((item) => typeof item === "number")
      : [];
    if (position === undefined || !Number.isInteger(position)) continue;
    if (position < 0) bytes = bytes.subarray(0, position);
    else if (position < bytes.byteLength) bytes[position] = bytes[position]! ^ mask;
  }
  return bytes;
}
