import { createHash, randomBytes } from "node:crypto";
import { inspect } from "node:util";
import fc from "fast-check";
import { aes256gcm, Encryption, Encryptor } from "../../src/codecs/aes256gcm/aes256gcm.js";
import type { DecodeContext, EntryContext } from "../../src/codecs/codec.js";
import { GivenKeys } from "../../src/codecs/aes256gcm/encryption-keys.js";
import { parseHeader } from "../../src/codecs/aes256gcm/encryption-header.js";
import { sealedSize, segmentRoom } from "../../src/codecs/aes256gcm/streaming-aead.js";
import { StorageError } from "../../src/errors/error.js";
import { StorageManager } from "../../src/manager/storage-manager.js";
import { MemoryStore } from "../../src/store/drivers/memory-store.js";
import { failureOf } from "../support/failure.js";
import { someBytes } from "../support/stream-sources.js";
import { bytesOf, Chunks, cut, inOneMemory, same } from "./chunks.js";
import { tinkDecrypt } from "./tink.js";

const KEY = randomBytes(32);
const codec = new Encryption(new GivenKeys({ k: KEY }, "k"), false);
const CONTEXT: EntryContext = {
  directory: "outputs/run/step",
  contentType: "application/json",
  schema: "order",
  schemaVersion: "2",
  encodings: ["gzip"],
};
const TOO_LARGE = new StorageError("BUDGET_EXCEEDED", "too large");

function decoding(changes: Partial<DecodeContext> = {}): DecodeContext {
  const signal = new AbortController().signal;
  return { ...CONTEXT, maxBytes: 1 << 30, tooLarge: () => TOO_LARGE, signal, ...changes };
}

async function encrypted(bytes: Uint8Array, context = CONTEXT): Promise<Buffer> {
  return (await codec.prepare()).encode(bytes, context);
}

const ROOMS = [segmentRoom(0), segmentRoom(0) + segmentRoom(1)];

it.each([0, 1, 1000, ...ROOMS.flatMap((room) => [room - 1, room, room + 1]), 10_000_000])(
  "encrypts %d bytes, whole and as a stream, and each is decrypted as both",
  async (size) => {
    const plaintext = someBytes(size);
    const encoder = await codec.prepare();
    const whole = await encoder.encode(plaintext, CONTEXT);
    const streamed = await bytesOf(encoder.encodeStream(new Chunks(cut(plaintext, [0.3, 0.7])), CONTEXT));
    for (const entry of [whole, streamed]) {
      expect(same(await codec.decode(entry, decoding({ maxBytes: size })), plaintext)).toBe(true);
      const chunks = new Chunks(cut(entry, [0.1, 0.5]));
      expect(same(await bytesOf(codec.decodeStream(chunks, decoding({ maxBytes: size }))), plaintext)).toBe(true);
      expect(chunks.ended).toBe(true);
      const { bytes: header } = parseHeader(entry);
      const data = createHash("sha256").update("coatcheck-entry-v1\noutputs/run/step\n").update(header).digest();
      expect(same(await tinkDecrypt(KEY, data, entry.subarray(header.byteLength)), plaintext)).toBe(true);
    }
    expect(parseHeader(whole).header.sealedSize).toBe(sealedSize(size));
    expect(parseHeader(streamed).header.sealedSize).toBeUndefined();
    if (size === 0) return;
    const little = decoding({ maxBytes: size - 1 });
    expect(await failureOf(codec.decode(whole, little))).toBe(TOO_LARGE);
    expect(await failureOf(bytesOf(codec.decodeStream(new Chunks([whole]), little)))).toBe(TOO_LARGE);
  },
);

it("gives the same however its stream comes", async () => {
  const plaintext = someBytes(segmentRoom(0) + 5000);
  const encoder = await codec.prepare();
  const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });
  const property = fc.asyncProperty(shares, shares, fc.boolean(), async (before, after, reuse) => {
    const source = (bytes: Uint8Array, places: number[]) =>
      reuse ? inOneMemory(cut(bytes, places)) : new Chunks(cut(bytes, places));
    const entry = await bytesOf(encoder.encodeStream(source(plaintext, before), CONTEXT));
    expect(same(await bytesOf(codec.decodeStream(source(entry, after), decoding())), plaintext)).toBe(true);
  });
  await fc.assert(property, { numRuns: 15 });
});

it("hands on nothing of a segment that is not authentic", async () => {
  const entry = await encrypted(someBytes(segmentRoom(0) + 5000));
  entry[entry.byteLength - 17]! ^= 1;
  let given = 0;
  const read = async () => {
    for await (const chunk of codec.decodeStream(new Chunks(cut(entry, [0.5])), decoding())) given += chunk.byteLength;
  };
  expect((await failureOf(read())).code).toBe("INTEGRITY");
  expect(given).toBe(segmentRoom(0));
});

it("refuses an entry of which any byte was changed, or that was cut anywhere", async () => {
  const entry = await encrypted(Buffer.from("small"));
  for (let index = 0; index < entry.byteLength; index++) {
    const changed = Buffer.from(entry);
    changed[index]! ^= 1;
    for (const bad of [changed, entry.subarray(0, index)]) {
      const failures = [
        await failureOf(codec.decode(bad, decoding())),
        await failureOf(bytesOf(codec.decodeStream(new Chunks([bad]), decoding()))),
      ];
      for (const { code } of failures) expect(["INTEGRITY", "DECODE_FAILED"]).toContain(code);
      expect(failures[0]!.code).toBe(failures[1]!.code);
    }
  }
  const longer = Buffer.concat([entry, Buffer.of(0)]);
  expect((await failureOf(codec.decode(longer, decoding()))).code).toBe("INTEGRITY");
});

it.each<[string, Partial<DecodeContext>]>([
  ["another scope", { directory: "outputs/run/other" }],
  ["another prefix", { directory: "inputs/run/step" }],
  ["a scope below", { directory: "outputs/run/step/x" }],
  ["another content type", { contentType: "text/plain" }],
  ["another schema", { schema: "invoice" }],
  ["no schema", { schema: undefined }],
  ["another version", { schemaVersion: "3" }],
  ["no version", { schemaVersion: undefined }],
  ["other codecs before it", { encodings: ["brotli"] }],
  ["no codec before it", { encodings: [] }],
  ["more codecs before it", { encodings: ["gzip", "brotli"] }],
])("is INTEGRITY when it is said to be of %s", async (_what, changes) => {
  const entry = await encrypted(Buffer.from("data"));
  expect((await failureOf(codec.decode(entry, decoding(changes)))).code).toBe("INTEGRITY");
  const stream = codec.decodeStream(new Chunks([entry]), decoding(changes));
  expect((await failureOf(bytesOf(stream))).code).toBe("INTEGRITY");
});

it("is DECODE_FAILED by an unknown key, INTEGRITY by another key of that id", async () => {
  const entry = await encrypted(Buffer.from("data"));
  const other = aes256gcm({ keys: { other: KEY }, activeKeyId: "other" });
  expect((await failureOf(other.decode(entry, decoding()))).code).toBe("DECODE_FAILED");
  const impostor = aes256gcm({ keys: { k: randomBytes(32) }, activeKeyId: "k" });
  expect((await failureOf(impostor.decode(entry, decoding()))).code).toBe("INTEGRITY");
});

it("closes its source when nobody reads on, and when it is refused", async () => {
  const encoder = await codec.prepare();
  const source = new Chunks(cut(someBytes(5_000_000), [0.2, 0.4, 0.6, 0.8]));
  for await (const chunk of encoder.encodeStream(source, CONTEXT)) {
    expect(chunk.byteLength).toBeGreaterThan(0);
    break;
  }
  const encoding = new Chunks(cut(someBytes(5_000_000), [0.2, 0.4, 0.6, 0.8]));
  let seen = 0;
  for await (const chunk of encoder.encodeStream(encoding, CONTEXT)) {
    seen += Math.min(chunk.byteLength, 1);
    if (seen === 2) break;
  }
  const entry = await encrypted(someBytes(5_000_000));
  const given = new Chunks(cut(entry, [0.2, 0.4, 0.6, 0.8]));
  for await (const chunk of codec.decodeStream(given, decoding())) {
    expect(chunk.byteLength).toBe(segmentRoom(0));
    break;
  }
  const refused = new Chunks(cut(entry, [0.2, 0.4, 0.6, 0.8]));
  await failureOf(bytesOf(codec.decodeStream(refused, decoding({ directory: "else" }))));
  expect([source.closed, encoding.closed, given.closed, refused.closed]).toEqual([1, 1, 1, 1]);
});

it("fails as its source does", async () => {
  const failure = new StorageError("UNAVAILABLE", "the source");
  const encoder = await codec.prepare();
  const failing = (bytes: Uint8Array) => new Chunks([bytes], failure);
  expect(await failureOf(bytesOf(encoder.encodeStream(failing(someBytes(100)), CONTEXT)))).toBe(failure);
  const entry = await encrypted(Buffer.from("data"));
  expect(await failureOf(bytesOf(codec.decodeStream(failing(entry), decoding())))).toBe(failure);
  expect(await failureOf(bytesOf(codec.decodeStream(failing(entry.subarray(0, 3)), decoding())))).toBe(failure);
});

const provider = {
  generateDataKey: () => Promise.resolve({ keyId: "k", key: KEY, wrappedKey: Buffer.of(1) }),
  decryptDataKey: () => Promise.resolve(KEY),
};

it.each<[unknown, string]>([
  [undefined, "aes256gcm"],
  [{}, "keys"],
  [{ keys: {}, activeKeyId: "k" }, "activeKeyId"],
  [{ keys: { k: KEY } }, "activeKeyId"],
  [{ keys: { k: KEY }, activeKeyId: "toString" }, "activeKeyId"],
  [{ keys: { k: KEY.subarray(1) }, activeKeyId: "k" }, "keys.k"],
  [{ keys: { k: KEY.toString("hex") }, activeKeyId: "k" }, "keys.k"],
  [{ keys: { k: KEY, é: KEY }, activeKeyId: "k" }, "keys"],
  [{ keys: { k: KEY }, activeKeyId: "k", allowUnencrypted: "yes" }, "allowUnencrypted"],
  [{ keys: { k: KEY }, activeKeyId: "k", dataKeyTtl: 1 }, "dataKeyTtl"],
  [{ keys: provider, activeKeyId: "k" }, "activeKeyId"],
  [{ keys: provider, dataKeyTtl: -1 }, "dataKeyTtl"],
  [{ keys: provider, clock: {} }, "clock"],
])("refuses wrong options %#, and shows no key", (options, field) => {
  let error: unknown;
  try {
    aes256gcm(options as Parameters<typeof aes256gcm>[0]);
  } catch (caught) {
    error = caught;
  }
  expect(error).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(field) as unknown });
  expectNoKey(inspect(error, { depth: Infinity, showHidden: true }));
});

/** Neither as hex nor as numbers, base64 or text. */
function expectNoKey(text: string): void {
  const forms = [
    KEY.toString("hex").slice(0, 16),
    KEY.toString("base64").slice(0, 10),
    [...KEY.subarray(0, 5)].join(", "),
    [...KEY.subarray(0, 5)].map((byte) => byte.toString(16).padStart(2, "0")).join(" "),
    KEY.toString("latin1").slice(0, 6),
  ];
  for (const form of forms) expect(text).not.toContain(form);
}

it("shows no key to whoever looks at it, at its encoders, or at a manager that has it", async () => {
  const providing = aes256gcm({ keys: provider });
  const manager = new StorageManager({ store: new MemoryStore(), codecs: [codec] });
  const encoder = await codec.prepare();
  await encoder.encode(Buffer.from("x"), CONTEXT);
  const stream = encoder.encodeStream(new Chunks([]), CONTEXT);
  for (const object of [codec, encoder, providing, await providing.prepare(new AbortController().signal), manager]) {
    expectNoKey(inspect(object, { depth: Infinity, showHidden: true, maxStringLength: Infinity }));
    expectNoKey(JSON.stringify(object));
  }
  expectNoKey(inspect(stream, { depth: Infinity, showHidden: true }));
  expect(encoder).toBeInstanceOf(Encryptor);
  const header = { keyId: "k", contentType: "text/plain" };
  expect(encoder.madeBySameKey(header)).toBe(true);
  expect(encoder.madeBySameKey({ ...header, keyId: "other" })).toBe(false);
  // A data key that a key of this name encrypted is another.
  expect(encoder.madeBySameKey({ ...header, wrappedKey: "AAAA" })).toBe(false);
});

it("shows no key in what becomes of a wrong answer", async () => {
  const answers = [{ keyId: "k", key: Buffer.concat([KEY, KEY]), wrappedKey: KEY }, { key: KEY }, KEY];
  for (const answer of answers) {
    const wrong = aes256gcm({
      keys: {
        generateDataKey: () => Promise.resolve(answer as never),
        decryptDataKey: () => Promise.resolve(Buffer.concat([KEY, KEY])),
      },
    });
    const error = await failureOf(Promise.resolve(wrong.prepare(new AbortController().signal)));
    expectNoKey(inspect(error, { depth: Infinity, showHidden: true }));
  }
});
