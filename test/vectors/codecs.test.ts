import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { aes256gcm, Encryption } from "../../src/codecs/aes256gcm/aes256gcm.js";
import { brotli } from "../../src/codecs/brotli.js";
import type { Codec, DecodeContext, EntryContext } from "../../src/codecs/codec.js";
import { associatedData, parseHeader } from "../../src/codecs/aes256gcm/encryption-header.js";
import { GivenKeys } from "../../src/codecs/aes256gcm/encryption-keys.js";
import { gzip } from "../../src/codecs/gzip.js";
import { zstd } from "../../src/codecs/zstd.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { bytesOf, Chunks, same } from "../codecs/chunks.js";
import { HAS_ZSTD } from "../codecs/compressions.js";
import { tinkDecrypt, tinkEncrypt } from "../codecs/tink.js";
import { thrownBy } from "../support/failure.js";
import { objectsOf } from "../support/stored.js";
import { patterned } from "./patterned.js";

interface EncryptionVector {
  name: string;
  keyId: string;
  key: string;
  salt: string;
  noncePrefix: string;
  directory: string;
  contentType: string;
  schema?: string;
  schemaVersion?: string;
  encodings: string[];
  header: string;
  associatedDataInput: string;
  associatedData: string;
  plaintext?: string;
  plaintextSize?: number;
  entry?: string;
  entrySize?: number;
  entrySha256?: string;
  entryEnd?: string;
}

interface Vectors {
  compression: { codec: string; name: string; text: { repeat: string; times: number; then: string }; packed: string }[];
  aes256gcm: EncryptionVector[];
  payloads: {
    payload: string;
    binary: Record<string, string>;
    stored: {
      name: string;
      codecs: string[];
      keys: Record<string, string>;
      message: string;
      objects: Record<string, string>;
    }[];
  };
}

const vectors = JSON.parse(readFileSync(`${__dirname}/codecs.json`, "utf8")) as Vectors;
const hex = (text: string): Buffer => Buffer.from(text, "hex");

const CONTEXT: EntryContext = { directory: "outputs/s", contentType: "text/plain", encodings: [] };

function decoding(context: EntryContext): DecodeContext {
  const tooLarge = () => new Error("too large");
  return { ...context, maxBytes: 1 << 24, tooLarge, signal: new AbortController().signal };
}

describe.each(vectors.compression)("$codec of $name", ({ codec: name, text, packed }) => {
  const expected = Buffer.from(text.repeat.repeat(text.times) + text.then);
  const make = { gzip, brotli, zstd }[name]!;

  it("is decoded, or is what this Node says that it does not have", async () => {
    if (name === "zstd" && !HAS_ZSTD) {
      expect(thrownBy(make).code).toBe("UNSUPPORTED");
      return;
    }
    const codec = make();
    expect(same(await codec.decode(hex(packed), decoding(CONTEXT)), expected)).toBe(true);
    expect(same(await bytesOf(codec.decodeStream(new Chunks([hex(packed)]), decoding(CONTEXT))), expected)).toBe(true);
  });
});

describe.each(vectors.aes256gcm)("aes256gcm: $name", (vector) => {
  const { keyId, directory, contentType, schema, schemaVersion, encodings } = vector;
  const key = hex(vector.key);
  const random = hex(vector.salt + vector.noncePrefix);
  const context: EntryContext = { directory, contentType, schema, schemaVersion, encodings };
  const plaintext = vector.plaintext === undefined ? patterned(vector.plaintextSize!) : hex(vector.plaintext);
  const codec = new Encryption(new GivenKeys({ [keyId]: key }, keyId), false);

  function expectEntry(entry: Buffer): void {
    if (vector.entry !== undefined) {
      expect(entry.toString("hex")).toBe(vector.entry);
      return;
    }
    expect(entry.byteLength).toBe(vector.entrySize);
    expect(entry.subarray(-40).toString("hex")).toBe(vector.entryEnd);
    expect(createHash("sha256").update(entry).digest("hex")).toBe(vector.entrySha256);
  }

  it("is encrypted to the same bytes, and decrypted from them", async () => {
    const entry = await (await codec.prepare()).encode(plaintext, context, undefined, random);
    expectEntry(entry);
    expect(parseHeader(entry).bytes.subarray(6).toString()).toBe(vector.header);
    expect(associatedData(context, parseHeader(entry).bytes).toString("hex")).toBe(vector.associatedData);
    expect(same(await codec.decode(entry, decoding(context)), plaintext)).toBe(true);
  });

  it("is what the definition says, without any code of this package", async () => {
    const json = Buffer.from(vector.header);
    const header = Buffer.concat([Buffer.from("CCE1"), Buffer.of(json.byteLength >> 8, json.byteLength & 255), json]);
    const input = Buffer.concat([Buffer.from(`coatcheck-entry-v1\n${directory}\n`), header]);
    expect(input.toString("hex")).toBe(vector.associatedDataInput);
    const data = createHash("sha256").update(input).digest();
    expect(data.toString("hex")).toBe(vector.associatedData);
    const message = await tinkEncrypt(key, data, plaintext, random);
    expectEntry(Buffer.concat([header, message]));
    expect(same(await tinkDecrypt(key, data, message), plaintext)).toBe(true);
  });
});

describe.each(vectors.payloads.stored)("a payload stored $name", ({ codecs, keys, message, objects }) => {
  const { payload, binary } = vectors.payloads;
  const parts = Object.entries(binary).map(([key, bytes]) => [key, new Uint8Array(Buffer.from(bytes, "base64"))]);
  const value = { ...(JSON.parse(payload) as object), ...(Object.fromEntries(parts) as object) };
  const made = codecs.map((name): Codec => {
    const secrets = Object.fromEntries(Object.entries(keys).map(([keyId, key]) => [keyId, hex(key)]));
    return name === "gzip" ? gzip() : aes256gcm({ keys: secrets, activeKeyId: Object.keys(keys)[0]! });
  });

  it("hydrates", async () => {
    const store = new MemoryStore();
    for (const [path, bytes] of Object.entries(objects)) await store.write(path, Buffer.from(bytes, "base64"));
    await expect(new StorageManager({ store, codecs: made }).hydrate(JSON.parse(message))).resolves.toEqual(value);
  });

  it("is dehydrated to as much, and without codecs to the same bytes", async () => {
    const store = new MemoryStore();
    const manager = new StorageManager({ store, codecs: made });
    const options = { scope: "run-42", schema: "order", schemaVersion: "2" };
    const dehydrated = JSON.stringify(await manager.dehydrate(value, options));
    const stored = await objectsOf(store);
    expect(stored.size).toBe(Object.keys(objects).length);
    if (codecs.length > 0) return; // compressors differ by version, and nothing is encrypted to the same twice
    expect(dehydrated).toBe(message);
    for (const [path, bytes] of stored) expect(bytes.toString("base64")).toBe(objects[path]);
  });
});
