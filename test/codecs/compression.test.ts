import { randomBytes } from "node:crypto";
import { createGunzip, gzipSync } from "node:zlib";
import fc from "fast-check";
import type { DecodeContext, EntryContext, EntryEncoder } from "../../src/codecs/codec.js";
import { Compression, type Algorithm } from "../../src/codecs/compression.js";
import { brotli } from "../../src/codecs/brotli.js";
import { gzip } from "../../src/codecs/gzip.js";
import { zstd } from "../../src/codecs/zstd.js";
import { StorageError } from "../../src/errors/error.js";
import { failureOf, thrownBy } from "../support/failure.js";
import { someBytes } from "../support/stream-sources.js";
import { BROTLI_BOMB } from "./bomb.js";
import { bytesOf, Chunks, cut, inOneMemory, same } from "./chunks.js";
import { COMPRESSIONS, HAS_ZSTD } from "./compressions.js";

const CONTEXT: EntryContext = { directory: "outputs/s", contentType: "application/json", encodings: [] };
const TOO_LARGE = new StorageError("BUDGET_EXCEEDED", "too large");

function limitedTo(maxBytes: number): DecodeContext {
  return { ...CONTEXT, maxBytes, tooLarge: () => TOO_LARGE, signal: new AbortController().signal };
}

const GENEROUS = limitedTo(1 << 30);
// Below and above what is decoded at once, and what is decoded in a thread; the last is so in chunks.
const SIZES = [0, 1, 1023, 1024, 1025, 20_000, 32_768, 32_769, 262_144, 262_145, 3_000_000];

const repetitive = (size: number): Buffer => Buffer.alloc(size, "what repeats gets small ");

describe.each(COMPRESSIONS)("$name", ({ name, make, pack }) => {
  const codec = make();
  const encoder = codec.prepare(new AbortController().signal) as EntryEncoder;

  it("says what it is", () => {
    expect(codec).toMatchObject({ name, encrypts: false, required: false, decodeOnly: false });
    expect(make({ decodeOnly: true }).decodeOnly).toBe(true);
  });

  it.each(SIZES)("takes and gives back %d bytes", async (size) => {
    const bytes = repetitive(size);
    const encoded = await encoder.encode(bytes, CONTEXT);
    if (size < 1024) {
      expect(encoded).toBeUndefined();
      return;
    }
    expect(encoded!.byteLength).toBeLessThan(size);
    expect(same(await codec.decode(encoded!, GENEROUS), bytes)).toBe(true);
    expect(same(await codec.decode(pack(bytes), GENEROUS), bytes)).toBe(true);
  });

  it("decodes nothing to nothing", async () => {
    expect((await codec.decode(pack(Buffer.of()), GENEROUS)).byteLength).toBe(0);
    expect((await codec.decode(pack(Buffer.of()), limitedTo(0))).byteLength).toBe(0);
    expect(await bytesOf(codec.decodeStream(new Chunks([pack(Buffer.of())]), limitedTo(0)))).toEqual(Buffer.of());
  });

  it("leaves what is under its minimum size, and what would not shrink", async () => {
    const eager = make({ minSize: 0 }).prepare(new AbortController().signal) as EntryEncoder;
    expect(await eager.encode(Buffer.of(), CONTEXT)).toBeUndefined();
    expect(await eager.encode(Buffer.from("x"), CONTEXT)).toBeUndefined();
    expect(await eager.encode(repetitive(500), CONTEXT)).toBeDefined();
    for (const size of [2000, 40_000, 300_000]) expect(await eager.encode(randomBytes(size), CONTEXT)).toBeUndefined();
    const reluctant = make({ minSize: 501 }).prepare(new AbortController().signal) as EntryEncoder;
    expect(await reluctant.encode(repetitive(500), CONTEXT)).toBeUndefined();
    expect(await reluctant.encode(repetitive(501), CONTEXT)).toBeDefined();
  });

  it("judges a stream by how it begins, whatever its minimum size", async () => {
    expect(await encoder.gains(repetitive(100_000))).toBe(true);
    expect(await encoder.gains(randomBytes(100_000))).toBe(false);
    const large = make({ minSize: 1_000_000 }).prepare(new AbortController().signal) as EntryEncoder;
    expect(await large.gains(repetitive(2_000_000))).toBe(true);
    expect(await large.gains(repetitive(999_999))).toBe(false);
  });

  it.each([0, 1, 999, 20_000, 262_144, 262_145, 1_000_000])("gives exactly the %d bytes it may", async (size) => {
    const packed = pack(repetitive(size));
    expect((await codec.decode(packed, limitedTo(size))).byteLength).toBe(size);
    expect((await bytesOf(codec.decodeStream(new Chunks([packed]), limitedTo(size)))).byteLength).toBe(size);
    expect((await codec.decode(packed, limitedTo(Number.MAX_SAFE_INTEGER))).byteLength).toBe(size);
    if (size === 0) return;
    expect(await failureOf(codec.decode(packed, limitedTo(size - 1)))).toBe(TOO_LARGE);
    expect(await failureOf(bytesOf(codec.decodeStream(new Chunks([packed]), limitedTo(size - 1))))).toBe(TOO_LARGE);
  });

  it.each([100, 40_000])("refuses what is no such data, of %d bytes", async (size) => {
    const error = await failureOf(codec.decode(someBytes(size), GENEROUS));
    expect(error).toMatchObject({ code: "DECODE_FAILED", operation: "hydrate", retryable: false });
    expect((await failureOf(bytesOf(codec.decodeStream(new Chunks([someBytes(size)]), GENEROUS)))).code).toBe(
      "DECODE_FAILED",
    );
  });

  it("refuses what was cut short, at every place", async () => {
    const packed = pack(Buffer.from("what was cut short"));
    for (let end = 0; end < packed.byteLength; end++) {
      const part = packed.subarray(0, end);
      expect((await failureOf(codec.decode(part, GENEROUS))).code).toBe("DECODE_FAILED");
      expect((await failureOf(bytesOf(codec.decodeStream(new Chunks([part]), GENEROUS)))).code).toBe("DECODE_FAILED");
    }
    const large = pack(someBytes(100_000)).subarray(0, -1);
    expect((await failureOf(codec.decode(large, GENEROUS))).code).toBe("DECODE_FAILED");
  });

  it.each([
    ["a zero", Buffer.of(0)],
    ["many zeros", Buffer.alloc(40_000)],
    ["text", Buffer.from("and this")],
    ["how it begins", pack(Buffer.from("x")).subarray(0, 2)],
  ])("refuses %s after the end", async (_what, rest) => {
    for (const size of [100, 300_000]) {
      const packed = pack(someBytes(size));
      const longer = Buffer.concat([packed, rest]);
      expect((await failureOf(codec.decode(longer, GENEROUS))).code).toBe("DECODE_FAILED");
      for (const chunks of [[longer], [packed, rest], [packed, rest, Buffer.alloc(200_000), Buffer.alloc(200_000)]]) {
        const error = await failureOf(bytesOf(codec.decodeStream(new Chunks(chunks), GENEROUS)));
        expect(error.code).toBe("DECODE_FAILED");
      }
    }
  });

  it("gives the same however its stream comes", async () => {
    const bytes = Buffer.concat([repetitive(30_000), someBytes(50_000)]);
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
    const property = fc.asyncProperty(shares, shares, fc.boolean(), async (before, after, reuse) => {
      const parts = cut(bytes, before);
      const encoded = await bytesOf(encoder.encodeStream(reuse ? inOneMemory(parts) : new Chunks(parts), CONTEXT));
      expect(same(await codec.decode(encoded, GENEROUS), bytes)).toBe(true);
      const chunks = new Chunks(cut(encoded, after));
      expect(same(await bytesOf(codec.decodeStream(chunks, GENEROUS)), bytes)).toBe(true);
      expect(chunks.ended).toBe(true); // so that what checks them has its say
    });
    const tenths = Array.from({ length: 9 }, (_, index) => (index + 1) / 10);
    await fc.assert(property, { numRuns: 25, examples: [[tenths, [], true]] });
  });

  it("makes one whole of a stream with empty chunks in it, at its end too", async () => {
    const bytes = someBytes(50_000);
    const parts = [Buffer.of(), bytes.subarray(0, 40_000), Buffer.of(), bytes.subarray(40_000), Buffer.of()];
    const encoded = await bytesOf(encoder.encodeStream(new Chunks(parts), CONTEXT));
    expect(same(await codec.decode(encoded, GENEROUS), bytes)).toBe(true);
  });

  it("fails as its stream does, both ways", async () => {
    const failure = new StorageError("UNAVAILABLE", "the source");
    const packed = pack(repetitive(100_000));
    const decoding = codec.decodeStream(new Chunks([packed.subarray(0, 30)], failure), GENEROUS);
    expect(await failureOf(bytesOf(decoding))).toBe(failure);
    expect(await failureOf(bytesOf(codec.decodeStream(new Chunks([packed], failure), GENEROUS)))).toBe(failure);
    const encoding = encoder.encodeStream(new Chunks([repetitive(100_000)], failure), CONTEXT);
    expect(await failureOf(bytesOf(encoding))).toBe(failure);
  });

  it("closes its source when nobody reads on", async () => {
    const parts = Array.from({ length: 60 }, () => randomBytes(100_000));
    for (const [stream, source] of [
      [(chunks: Chunks) => encoder.encodeStream(chunks, CONTEXT), new Chunks(parts)] as const,
      [
        (chunks: Chunks) => codec.decodeStream(chunks, GENEROUS),
        new Chunks(cut(pack(Buffer.concat(parts)), [0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])),
      ] as const,
    ]) {
      for await (const chunk of stream(source)) {
        expect(chunk.byteLength).toBeGreaterThan(0);
        break;
      }
      await new Promise(setImmediate);
      expect([source.closed, source.ended]).toEqual([1, false]);
    }
  });
});

describe("a bomb", () => {
  const MIB = 1 << 20;

  it("of gzip ends when it has given what it may", async () => {
    const bomb = gzipSync(Buffer.alloc(10 * MIB));
    expect(bomb.byteLength).toBeLessThan(32_768);
    expect(await failureOf(gzip().decode(bomb, limitedTo(MIB)))).toBe(TOO_LARGE);
    let given = 0;
    const decode = async () => {
      for await (const chunk of gzip().decodeStream(new Chunks([bomb]), limitedTo(MIB))) given += chunk.byteLength;
    };
    expect(await failureOf(decode())).toBe(TOO_LARGE);
    expect(given).toBeLessThanOrEqual(MIB);
  });

  it("of gzip is not decompressed further, as a stream", async () => {
    let made = 0;
    const counting: Algorithm["decompressor"] = () => {
      const transform = createGunzip();
      const push = transform.push.bind(transform);
      transform.push = (chunk: Buffer | null, encoding?: BufferEncoding) => {
        made += chunk?.byteLength ?? 0;
        return push(chunk, encoding);
      };
      return transform;
    };
    const unused = (): never => {
      throw new Error("not used here");
    };
    const magic = new Uint8Array(0);
    const algorithm = { name: "gzip", magic, compressSync: unused, compress: unused, compressor: unused };
    const rest = { decompressSync: unused, decompress: unused, decompressor: counting };
    const codec = new Compression({ ...algorithm, ...rest }, { minSize: 0, decodeOnly: true });
    const bomb = gzipSync(Buffer.alloc(10 * MIB));
    expect(await failureOf(bytesOf(codec.decodeStream(new Chunks([bomb]), limitedTo(MIB))))).toBe(TOO_LARGE);
    expect(made).toBeGreaterThan(MIB);
    expect(made).toBeLessThan(1.2 * MIB); // what is read ahead
  });

  it("of gzip, large or small, takes no more memory than it may", async () => {
    // Decoded whole, 100 MiB or more would stand beside what there is.
    const bombs = [gzipSync(Buffer.alloc(100 * MIB), { level: 1 }), BROTLI_BOMB];
    for (const [codec, bomb] of [[gzip(), bombs[0]!] as const, [brotli(), bombs[1]!] as const]) {
      let most = 0;
      const before = process.memoryUsage();
      const measure = setInterval(() => {
        const { external, arrayBuffers } = process.memoryUsage();
        most = Math.max(most, external - before.external, arrayBuffers - before.arrayBuffers);
      }, 1);
      try {
        expect(await failureOf(codec.decode(bomb, limitedTo(MIB)))).toBe(TOO_LARGE);
      } finally {
        clearInterval(measure);
      }
      expect(most).toBeLessThan(8 * MIB);
    }
  });

  it("of brotli, a few bytes for a gigabyte, ends at once", async () => {
    const begun = process.cpuUsage();
    expect(await failureOf(brotli().decode(BROTLI_BOMB, limitedTo(MIB)))).toBe(TOO_LARGE);
    expect(await failureOf(bytesOf(brotli().decodeStream(new Chunks([BROTLI_BOMB]), limitedTo(MIB))))).toBe(TOO_LARGE);
    expect(process.cpuUsage(begun).user / 1e6).toBeLessThan(5); // a gigabyte takes longer
  });
});

it("gzip takes an entry of several members, as RFC 1952 has it, and counts all of them", async () => {
  const members = Buffer.concat([gzipSync(someBytes(600, "a")), gzipSync(Buffer.of()), gzipSync(someBytes(400, "b"))]);
  const bytes = Buffer.concat([someBytes(600, "a"), someBytes(400, "b")]);
  expect(await gzip().decode(members, limitedTo(1000))).toEqual(bytes);
  expect(await bytesOf(gzip().decodeStream(new Chunks(cut(members, [0.3, 0.6])), limitedTo(1000)))).toEqual(bytes);
  expect(await failureOf(gzip().decode(members, limitedTo(999)))).toBe(TOO_LARGE);
});

it("zstd is there, or says from which Node on it is", () => {
  if (HAS_ZSTD) expect(zstd().name).toBe("zstd");
  else expect(thrownBy(() => zstd())).toMatchObject({ code: "UNSUPPORTED", operation: "configure" });
});

it.each([
  [() => gzip({ level: 0 }), "level"],
  [() => gzip({ level: 10 }), "level"],
  [() => gzip({ minSize: -1 }), "minSize"],
  [() => gzip({ minSize: 1.5 }), "minSize"],
  [() => brotli({ quality: 12 }), "quality"],
  [() => brotli({ quality: "5" as unknown as number }), "quality"],
  [() => brotli({ level: 5 } as object), "level"],
  [() => gzip({ decodeOnly: 1 as unknown as boolean }), "decodeOnly"],
  [() => zstd({ level: 0 }), "level"],
  [() => zstd({ level: 20 }), "level"],
])("refuses wrong options: %s", (make, field) => {
  expect(thrownBy(make).code).toBe("CONFIG_INVALID");
  expect(thrownBy(make).message).toContain(field);
});
